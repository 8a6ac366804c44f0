/** Values over Kafka for who shows a key, with the requests and answers of a gateway in memory. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SequenceError } from '../../../../core/errors.ts';
import type { Append, LogEntry, RecordHeaders, SubscribeOptions } from '../../../../pipelines/ports.ts';
import { RequestDoor } from '../../../../workers/gateway/security/request-door.ts';
import type { RequestOutcome } from '../../../../workers/runtime/shared/requests-together.ts';
import { ValueRequests, type ValueRequestsOptions } from '../../../../workers/runtime/shared/value-requests.ts';
import { type Guarded, guarded } from './guarded.ts';

interface Answered {
  readonly request: string;
  readonly error?: string;
  readonly headers: RecordHeaders | undefined;
}

type Asked = readonly [sequence: string, key: string | undefined, count?: number];

describe('a request over Kafka', () => {
  let http: Guarded;
  const doors: RequestDoor[] = [];
  beforeAll(async () => {
    http = await guarded();
  });
  afterAll(async () => {
    for (const door of doors) await door.close();
    await http.close();
  });

  const opened = async (isKeyNeeded: boolean): Promise<RequestDoor> => {
    const door = new RequestDoor({ routes: http.service.routeTable(), isKeyNeeded, nowMs: () => Date.now(), onProblem: () => undefined });
    doors.push(door);
    await door.start();
    return door;
  };

  /** One batch of requests: who got values, and why the others did not. */
  const answers = async (door: RequestDoor, ...asked: readonly Asked[]): Promise<readonly Answered[]> => {
    const answered: Answered[] = [];
    let handler: SubscribeOptions['handler'] = () => undefined;
    const log = {
      committed: async () => undefined,
      startOffset: async () => 0,
      commit: async () => undefined,
      subscribe(options: SubscribeOptions) {
        ({ handler } = options);
        return { close: async () => undefined };
      },
      async append({ records, headers }: Append) {
        for (const [at, bytes] of records.entries())
          answered.push({ ...JSON.parse(Buffer.from(bytes).toString()), headers: headers?.[at] });
        return 0;
      },
    };
    let own: (partitions: readonly number[]) => void = () => undefined;
    const groups = {
      async join({ onOwned }: { readonly onOwned: typeof own }) {
        own = onOwned;
        return { close: async () => undefined };
      },
    };
    const service: ValueRequestsOptions['service'] = {
      nextForRequests: async (requests) =>
        requests.map(({ request }): RequestOutcome => {
          if (request.sequence === 'acme.gone') return { error: new SequenceError('SEQ_UNKNOWN_SEQUENCE', 'no such sequence') };
          return { sequence: request.sequence, blocks: [{ start: 1n, count: request.count, increment: 1n }] } as unknown as RequestOutcome;
        }),
    };
    const fail = (error: unknown): never => {
      throw error;
    };
    const requests = new ValueRequests({
      ...({ log, groups, deadLetters: { add: fail } } as unknown as Pick<ValueRequestsOptions, 'log' | 'groups' | 'deadLetters'>),
      ...{ service, door, replyTopics: ['seqcast.values'], onFailure: fail, onDelay: fail },
    });
    await requests.start();
    own([0]);
    await expect.poll(() => handler.length).toBeGreaterThan(0);
    const entries = asked.map(([sequence, key, count = 1], offset): LogEntry => {
      const bytes = Buffer.from(JSON.stringify({ request: `r-${offset}`, sequence, count }));
      const headers = { 'reply-partition': '3', ...(key !== undefined && { 'seqcast-key': key }) };
      return { offset, atMs: 0, bytes, headers };
    });
    await handler(entries);
    await requests.close();
    return answered;
  };
  const codes = async (door: RequestDoor, ...asked: readonly Asked[]) =>
    (await answers(door, ...asked)).map(({ error }) => error ?? 'values');

  it('is answered by the scope of its key, and refused without one where keys are asked for', async () => {
    const door = await opened(true);
    const key = await http.key('acme', ['next:acme.*', 'read:shared']);
    const wrong = `${key.slice(0, -3)}${key.endsWith('abc') ? 'abd' : 'abc'}`;
    await expect.poll(() => codes(door, ['acme.orders', key])).toEqual(['values']);
    const asked: Asked[] = [
      ['acme.orders', undefined],
      ['acme.orders', wrong],
      ['acme.orders', 'an admin key that nobody would guess'],
      ['shared', key],
      ['other.orders', key],
      ['acme.orders', key],
    ];
    const expected = [
      'SEQ_UNAUTHENTICATED',
      'SEQ_UNAUTHENTICATED',
      'SEQ_UNAUTHENTICATED',
      'SEQ_FORBIDDEN',
      'SEQ_UNKNOWN_SEQUENCE',
      'values',
    ];
    expect(await codes(door, ...asked)).toEqual(expected);
    await http.ask('an admin key that nobody would guess', 'DELETE', '/v1/keys/acme');
    await expect.poll(() => codes(door, ['acme.orders', key])).toEqual(['SEQ_UNAUTHENTICATED']);
  });

  it('needs none elsewhere, but a key that it has must be one', async () => {
    const door = await opened(false);
    expect(await codes(door, ['acme.orders', undefined], ['acme.orders', 'sqk_nobody'])).toEqual(['values', 'SEQ_UNAUTHENTICATED']);
  });

  it('is counted in values, and not when it failed or is none', async () => {
    const door = await opened(true);
    const key = await http.key('small', ['next:acme.*'], ['acme.*=10/day']);
    await expect.poll(() => codes(door, ['acme.gone', key, 10])).toEqual(['SEQ_UNKNOWN_SEQUENCE']);
    expect(await codes(door, ['acme.orders', key, -5], ['acme.orders', key, 7], ['acme.orders', key, 4], ['acme.orders', key, 3])).toEqual([
      'SEQ_INVALID_COUNT',
      'values',
      'SEQ_QUOTA_EXCEEDED',
      'values',
    ]);
    // What was taken here is gone over HTTP, too.
    await http.service.create('acme.orders', {});
    expect((await http.ask(key, 'POST', '/v1/sequences/acme.orders/next', { count: 1 })).json()).toMatchObject({
      code: 'SEQ_QUOTA_EXCEEDED',
    });
  });

  it('keeps its key for itself: the answer has its other headers', async () => {
    const door = await opened(false);
    const key = await http.key('quiet', ['next:acme.*']);
    await expect.poll(() => codes(door, ['acme.orders', key])).toEqual(['values']);
    const answered = await answers(door, ['acme.orders', key], ['acme.orders', undefined]);
    expect(answered.map(({ headers }) => headers)).toEqual([{ 'reply-partition': '3' }, { 'reply-partition': '3' }]);
    expect(JSON.stringify(answered)).not.toContain(key.slice(-20));
  });
});
