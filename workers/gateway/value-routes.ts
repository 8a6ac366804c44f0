/** Values after they were taken: giving blocks back, and asking who got one. */

import { SequenceError } from '../../core/errors.ts';
import { askedValue } from '../runtime/ledger/value-owner.ts';
import type { GiveBack, SeqcastService } from '../runtime/service/service.ts';
import { VALUE_OWNER_SCHEMA } from './answer-schemas.ts';
import { invalidRequest, type JsonSchema, objectOf, shown, unknownField } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { RETURNED_SCHEMA } from './wire-schemas.ts';

const RETURNS_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    blocks: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          used: { type: 'integer', minimum: 0, description: 'How many of its first values were used.' },
        },
        required: ['id', 'used'],
        additionalProperties: false,
      },
    },
  },
  required: ['blocks'],
  additionalProperties: false,
};
export const VALUE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/sequences/{name}/returns',
    tag: 'values',
    summary: 'Gives the unused rest of numbered blocks back; each once',
    body: { schema: RETURNS_SCHEMA, required: true },
    answer: {
      status: 200,
      description: 'What was taken back, block by block. A problem where no block could be.',
      schema: RETURNED_SCHEMA,
    },
    errors: ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_BLOCK_UNKNOWN'],
    // Welcome while draining: what comes back now is not lost.
    intake: false,
    handler: returnsHandler,
  },
  {
    method: 'GET',
    path: '/v1/sequences/{name}/values/{value}',
    tag: 'values',
    summary: 'Who got a value, or a printed number: stream, shard, pool and when',
    answer: { status: 200, description: 'Where the value is or was.', schema: VALUE_OWNER_SCHEMA },
    errors: ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_UNKNOWN_VALUE'],
    intake: false,
    handler:
      ({ service }) =>
      (request) =>
        service.who(param(request, 'name'), askedValue(param(request, 'value'))),
  },
];

interface Returned {
  readonly id: string;
  readonly returned: number;
  readonly error?: SequenceError;
}

function returnsHandler({ service }: GatewayContext): Handler {
  return async (request) => {
    const blocks = readReturns(param(request, 'name'), request.body);
    const outcomes: Returned[] = [];
    // One after the other: the same id twice in one request must see the first one's effect.
    for (const block of blocks) outcomes.push(await giveBack(service, block));
    const failed = outcomes.find(({ error }) => error !== undefined);
    if (failed?.error !== undefined && outcomes.every(({ error }) => error !== undefined)) throw failed.error;
    return {
      returned: outcomes.reduce((sum, { returned }) => sum + returned, 0),
      blocks: outcomes.map(({ id, returned, error }) => ({
        id,
        returned,
        ...(error !== undefined && { code: error.code, detail: error.message }),
      })),
    };
  };
}

async function giveBack(service: SeqcastService, block: GiveBack): Promise<Returned> {
  try {
    const { returned } = await service.giveBack(block);
    return { id: block.id, returned };
  } catch (error) {
    if (error instanceof SequenceError) return { id: block.id, returned: 0, error };
    throw error;
  }
}

function readReturns(sequence: string, body: unknown): GiveBack[] {
  const given = objectOf(body);
  for (const name of Object.keys(given)) if (name !== 'blocks') throw unknownField(name, ['blocks']);
  const { blocks } = given;
  if (!Array.isArray(blocks) || blocks.length === 0) throw invalidRequest('blocks is not a list of {"id","used"}');
  return blocks.map((block: unknown) => {
    const { id, used, ...rest } = objectOf(block);
    for (const name of Object.keys(rest)) throw unknownField(name, ['id', 'used']);
    if (typeof id !== 'string') throw invalidRequest(`id ${shown(id)} is not a string`);
    if (typeof used !== 'number' || !Number.isSafeInteger(used) || used < 0)
      throw invalidRequest(`used ${shown(used)} is not a whole number from 0`);
    return { sequence, id, used };
  });
}
