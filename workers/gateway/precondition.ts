/**
 * Which version of a definition a change was meant for (RFC 9110, If-Match). Every alter, restart and reset makes a new generation, so its
 * number is the tag; how much was claimed is no part of it, or no tag would hold while values are taken.
 */
import type { FastifyRequest } from 'fastify';
import { SequenceError } from '../../core/errors.ts';
import type { SequenceDescription } from '../runtime/service/service.ts';
import { invalidRequest, type JsonSchema, shown } from './body-field.ts';

export const IF_MATCH_HEADER: Readonly<Record<string, JsonSchema>> = {
  'If-Match': { type: 'string', description: 'The ETag the change was meant for: refused where the sequence was changed since.' },
};

/** Tags in a list, none of which may hold a quote; a weak one is well formed and never matches. */
const TAG_LIST = /^(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*$/;
const TAG = /(?:W\/)?"[^"]*"/g;

export function entityTag({ generation }: Pick<SequenceDescription, 'generation'>): string {
  return `"g${generation}"`;
}

/**
 * Throws where the caller knew another version. The change must be asked for in the same turn: it is decided against the generation that is
 * the living one then, and whoever is faster in the ledger makes it a conflict.
 */
export function mustMatch(request: FastifyRequest, describe: () => SequenceDescription): void {
  const asked = request.headers['if-match'];
  if (asked === undefined) return;
  const known = asked.trim();
  if (known !== '*' && !TAG_LIST.test(known)) throw invalidRequest(`if-match ${shown(known)} is not a list of tags in quotes, nor *`);
  const tag = entityTag(describe());
  if (known === '*' || known.match(TAG)?.includes(tag) === true) return;
  throw new SequenceError('SEQ_PRECONDITION_FAILED', `the sequence is at ${tag} now, not at ${known.slice(0, 80)}`, { etag: tag });
}
