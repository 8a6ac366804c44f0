/** Replies of the stock's functions in Redis as a client understands them, and what their failures mean. */
import { RETRIABLE_CODES, SeqcastClientError } from './client-error.ts';
import type { ReturnedBlock, ValueBlock } from './transport.ts';

export type RedisReply =
  | { readonly outcome: 'taken'; readonly blocks: readonly ValueBlock[]; readonly generations: ReadonlySet<number> }
  | { readonly outcome: 'empty' | 'unleased'; readonly stock: number }
  | { readonly outcome: 'moved'; readonly pool: string };

/** A run as `seqcast_next` says it; docs/guides/values-from-redis.md has the table. Numbers are text. */
type Run = readonly [
  first: string,
  count: string,
  increment: string,
  ordinal: string,
  generation: string,
  partition: string,
  shard: string,
  block: string,
];

/** Any gateway reads it, too: which pool, life, block and ordinals. */
const BLOCK_ID = /^(.+)~([0-9a-z]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/;

export function replyOf(pool: string, reply: unknown): RedisReply {
  const [outcome, nonce, detail] = reply as readonly [string, string, unknown];
  switch (outcome) {
    case 'taken': {
      const runs = detail as readonly Run[];
      return { outcome, blocks: runs.map((run) => blockOf(pool, nonce, run)), generations: new Set(runs.map((run) => Number(run[4]))) };
    }
    case 'moved':
      return { outcome, pool: detail as string };
    case 'empty':
      return { outcome, stock: Number(detail) };
    default:
      return { outcome: 'unleased', stock: 0 };
  }
}

function blockOf(pool: string, nonce: string, [first, count, increment, ordinal, , , , block]: Run): ValueBlock {
  const run = { start: BigInt(first), count: Number(count), increment: BigInt(increment) };
  return block === '0' ? run : { ...run, id: `${pool}~${nonce}.${block}.${ordinal}.${count}` };
}

export interface Slice {
  readonly pool: string;
  readonly nonce: string;
  readonly block: string;
  /** Ordinals, half-open. */
  readonly start: number;
  readonly end: number;
}

export function sliceOf({ id, used }: ReturnedBlock): Slice | undefined {
  const [, pool = '', nonce = '', block = '', ordinal, count] = BLOCK_ID.exec(id) ?? [];
  if (ordinal === undefined || count === undefined) return undefined;
  return { pool, nonce, block, start: Number(ordinal) + used, end: Number(ordinal) + Number(count) };
}

/** What a command failed of: the library's own word, a server that is not there, or one that lets nobody in. */
export function redisError(shown: string, error: unknown): SeqcastClientError {
  if (error instanceof SeqcastClientError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const [, code, message = ''] = /^(SEQ_[A-Z_]+) ?([\s\S]*)$/.exec(text) ?? [];
  if (code !== undefined) return new SeqcastClientError(code, message, { retriable: RETRIABLE_CODES.includes(code), cause: error });
  if (/Function not found/.test(text)) {
    return new SeqcastClientError('SEQ_NOT_READY', `the Redis at ${shown} holds no stock of seqcast`, {
      retriable: true,
      whatToDo: 'Wait for its filler, or give the address of the Redis that holds the route table.',
      cause: error,
    });
  }
  const isRefused = /^(NOPERM|NOAUTH|WRONGPASS)|unknown command/i.test(text);
  return new SeqcastClientError('SEQ_UNREACHABLE', `the Redis at ${shown} ${isRefused ? 'refuses' : 'does not answer'}: ${text}`, {
    retriable: !isRefused,
    whatToDo: isRefused ? 'Check user, password and the commands that the user may give.' : 'Check the address.',
    cause: error,
  });
}
