/** Minutes of a Redis pair that fails in every way. */
import { describe, expect, test } from 'vitest';
import { engineOrSkip } from '../../engines/engines.ts';
import { runChaos } from './stock-chaos.ts';

const redis = engineOrSkip('redis');
const DURATION_MS = 120_000;

describe.skipIf(!redis.available)('a Redis pair that fails in every way (needs Redis)', () => {
  test.each([1, 2, 3])('gives out no ordinal twice (seed %i)', { timeout: 300_000 }, async (seed) => {
    const report = await runChaos(seed, DURATION_MS);
    console.log(JSON.stringify({ ...report, duplicates: report.duplicates.length }));
    expect(report.duplicates).toEqual([]);
    expect(report.faults).toBeGreaterThan(100);
    expect(report.taken).toBeGreaterThan(100_000);
  });
});
