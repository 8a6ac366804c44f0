/** A few seconds of everything at once; `stock-chaos.nightly.test.ts` goes on for minutes. */
import { describe, expect, test } from 'vitest';
import { librarySource } from '../../../adapters/redis/library.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { runChaos } from './stock-chaos.ts';

const redis = engineOrSkip('redis');
const DURATION_MS = 6_000;

describe.skipIf(!redis.available)('a Redis pair that fails in every way (needs Redis)', () => {
  test('gives out no ordinal twice, and goes on giving out', { timeout: 60_000 }, async () => {
    const { duplicates, faults, lives, taken, recovered } = await runChaos(Date.now(), DURATION_MS);
    expect(duplicates).toEqual([]);
    expect(faults).toBeGreaterThan(5);
    expect(lives).toBeGreaterThan(3);
    expect(taken).toBeGreaterThan(5_000);
    expect(recovered).toBeGreaterThan(0);
  });

  test('would show that a stock takes out what it has issued', { timeout: 60_000 }, async () => {
    const fromCursor = 'slices[#slices + 1] = shard.cursor';
    expect(librarySource()).toContain(fromCursor);
    const source = librarySource().replace(fromCursor, 'slices[#slices + 1] = shard.start');
    // Which shards come back is chance: one short run may not show it.
    let found = 0;
    for (let seed = 1; seed <= 5 && found === 0; seed++) found = (await runChaos(seed, 2_000, source)).duplicates.length;
    expect(found).toBeGreaterThan(0);
  });
});
