/** Values that the library computes are those of `core/sequence.ts`, whatever the sequence, wherever in it. */
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { librarySource } from '../../../adapters/redis/library.ts';
import {
  BLOCKS_OUT_MAX,
  CLIENT_ID_LENGTH_MAX,
  COUNT_MAX,
  ORDINAL_MAX,
  SLICES_PER_RETURN_MAX,
  VALUE_MAX,
  VALUE_MIN,
} from '../../../core/limits.ts';
import { capacityOf, defineSequence, runLength, type SequenceDefinition, valueAt } from '../../../core/sequence.ts';
import { valueRuleOf } from '../../../workers/runtime/shared/value-rule.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../../engines/engines.ts';

const redis = engineOrSkip('redis');
const KEY = '{orders/web/checkout}:stock';
const RUNS = 1_500;

const value = fc.oneof(fc.bigInt(VALUE_MIN, VALUE_MAX), fc.bigInt(-100n, 100n), fc.bigInt(2n ** 53n - 50n, 2n ** 53n + 50n));
const step = fc.oneof(fc.bigInt(-20n, 20n), fc.bigInt(-(2n ** 40n), 2n ** 40n), fc.bigInt(-(2n ** 62n), 2n ** 62n));

const definition = fc
  .record({ bounds: fc.tuple(value, value, value), increment: step, cycle: fc.boolean() })
  .map(({ bounds, increment, cycle }): SequenceDefinition | undefined => {
    const [min = 0n, start = 0n, max = 0n] = [...bounds].sort((a, b) => (a < b ? -1 : 1));
    try {
      return defineSequence({ min, start, max, increment, cycle });
    } catch {
      return undefined;
    }
  })
  .filter((each) => each !== undefined);

describe('the bounds of the library', () => {
  test.each(Object.entries({ ORDINAL_MAX, COUNT_MAX, BLOCKS_OUT_MAX, SLICES_PER_RETURN_MAX }))(
    'are those of the core: %s',
    (name, bound) => {
      expect(Number(new RegExp(`^local ${name} = (\\d+)$`, 'm').exec(librarySource())?.[1])).toBe(bound);
    },
  );

  test('words may be as long as client ids', () => {
    expect(librarySource()).toContain(`local WORD_LENGTH_MAX = ${CLIENT_ID_LENGTH_MAX}\n`);
  });
});

describe.skipIf(!redis.available)('values out of Redis (needs Redis)', { timeout: 60_000 }, () => {
  let server: PrivateRedis;
  let client: Redis;
  let nonce: string;
  let shards = 0;

  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.url, { stringNumbers: true });
    await client.function('LOAD', librarySource());
    nonce = ((await client.fcall('seqcast_hello', 0, 'x')) as string[])[1] ?? '';
  });
  afterAll(async () => {
    client?.disconnect();
    await server?.stop();
  });

  async function runsOf(sequence: SequenceDefinition, start: number, count: number): Promise<{ first: bigint; count: number }[]> {
    const { start: first, increment, firstPass, period, passStart } = valueRuleOf(sequence);
    const rule = [first, increment, firstPass, period, passStart];
    await client.fcall('seqcast_load', 1, KEY, nonce, 1, 0, ++shards, start, start + count, 0, 0, ...rule);
    const [outcome, , runs] = (await client.fcall('seqcast_next', 1, KEY, count)) as [string, string, string[][]];
    expect(outcome).toBe('taken');
    expect(new Set(runs.map((run) => run[2]))).toEqual(new Set([String(increment)]));
    return runs.map((run) => ({ first: BigInt(run[0] ?? ''), count: Number(run[1]) }));
  }

  test('are exact for any definition', async () => {
    await fc.assert(
      fc.asyncProperty(
        definition,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 40 }),
        async (sequence, at, size) => {
          const capacity = Math.min(capacityOf(sequence), ORDINAL_MAX - 1);
          const start = Math.min(Math.floor(at * capacity), capacity - 1);
          const count = Math.min(size, capacity - start);
          const expected: { first: bigint; count: number }[] = [];
          for (let ordinal = start; ordinal < start + count; ) {
            const run = runLength(sequence, ordinal, start + count - ordinal);
            expected.push({ first: valueAt(sequence, ordinal), count: run });
            ordinal += run;
          }
          expect(await runsOf(sequence, start, count)).toEqual(expected);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('are exact at the last ordinals of a generation', async () => {
    const end = ORDINAL_MAX;
    for (const sequence of [
      defineSequence({ start: 2n ** 62n, max: 2n ** 63n - 1n }),
      defineSequence({ increment: -1023n }),
      defineSequence({ min: 1n, max: 7n, start: 3n, cycle: true }),
      defineSequence({ min: -(2n ** 63n), max: 2n ** 63n - 1n, start: 5n, increment: 3n, cycle: true }),
    ]) {
      const runs = await runsOf(sequence, end - 20, 20);
      expect(runs[0]?.first).toBe(valueAt(sequence, end - 20));
      expect((runs.at(-1)?.first ?? 0n) + BigInt((runs.at(-1)?.count ?? 1) - 1) * sequence.increment).toBe(valueAt(sequence, end - 1));
    }
  });
});
