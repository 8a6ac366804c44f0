/** Values of several sequences in one request to the gateway: `POST /v1/next`. */
import { errorOf, isObject, notSeqcast } from './http-answers.ts';
import type { HttpGateways } from './http-gateways.ts';
import { blocksOf, type Caller } from './http-transport.ts';
import { COUNT_MAX } from './pace.ts';
import type { AskedTogether, TakeRequest } from './taking-each.ts';

/** As many as the server takes. */
const REQUESTS_MAX = 100;

type Asked = Required<TakeRequest>;

export function httpTogether(gateways: HttpGateways, caller: Caller, timeoutMs: number): AskedTogether {
  return async (requests) => {
    const answers = await Promise.all(parcels(requests).map((parcel) => ask(gateways, caller, timeoutMs, parcel)));
    return answers.flat();
  };
}

async function ask(gateways: HttpGateways, caller: Caller, timeoutMs: number, asked: readonly Asked[]) {
  const body = { requests: asked.map((each) => ({ ...each, ...caller, as: 'blocks' })) };
  const reply = await gateways.exchange({ method: 'POST', path: '/v1/next', body, timeoutMs, mayRepeat: true });
  if (reply.status !== 200 || !isObject(reply.body)) throw errorOf(reply);
  const { outcomes } = reply.body;
  if (!Array.isArray(outcomes) || outcomes.length !== asked.length) throw notSeqcast(reply.status);
  return outcomes.map((outcome: unknown) => {
    if (!isObject(outcome)) throw notSeqcast(reply.status);
    const { problem } = outcome;
    if (!isObject(problem)) return blocksOf(outcome.blocks);
    return errorOf({ status: Number(problem.status), retryAfter: undefined, body: problem });
  });
}

/** The server takes so many requests at a time, and so many values in all. */
function parcels(requests: readonly Asked[]): Asked[][] {
  const made: Asked[][] = [];
  let room = 0;
  for (const request of requests) {
    const last = made.at(-1);
    if (last === undefined || last.length === REQUESTS_MAX || room < request.count) {
      made.push([request]);
      room = COUNT_MAX - request.count;
    } else {
      last.push(request);
      room -= request.count;
    }
  }
  return made;
}
