/** Pools: what each does and can do, which streams moved and why, and that one is to be empty. */
import { POOL_SCHEMA, POOLS_SCHEMA } from './answer-schemas.ts';
import { type Handler, param, type Route } from './context.ts';

const TAG = 'operations';

export const POOL_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/pools',
    tag: TAG,
    summary: 'Pools: load against capacity, streams, state, and the moves of the last hour',
    answer: { status: 200, description: 'All pools, and the latest moves.', schema: POOLS_SCHEMA },
    errors: [],
    intake: false,
    handler:
      ({ service }) =>
      () =>
        service.pools(),
  },
  {
    method: 'POST',
    path: '/v1/pools/{pool}/drain',
    tag: TAG,
    summary: 'Has a pool emptied: it gets nothing new, and its streams move away',
    answer: { status: 202, description: 'The pool; it is `drained` once nothing is left in it.', schema: POOL_SCHEMA },
    errors: ['SEQ_UNKNOWN_POOL', 'SEQ_UNSUPPORTED'],
    intake: true,
    handler: ({ service }) => accepted((pool) => service.drain(pool)),
  },
  {
    method: 'POST',
    path: '/v1/pools/{pool}/undrain',
    tag: TAG,
    summary: 'Takes a drain back: the pool may be given streams again',
    answer: { status: 202, description: 'The pool.', schema: POOL_SCHEMA },
    errors: ['SEQ_UNKNOWN_POOL', 'SEQ_UNSUPPORTED'],
    intake: true,
    handler: ({ service }) => accepted((pool) => service.undrain(pool)),
  },
];

function accepted(act: (pool: string) => Promise<unknown>): Handler {
  return async (request, reply) => {
    const pool = await act(param(request, 'pool'));
    reply.code(202);
    return pool;
  };
}
