/** `seqcast simulate`: what it prints, and its exit code. */
import { describe, expect, test } from 'vitest';
import { progressLine, simulateCommand } from '../../simulator/main.ts';
import { runBatch, type SeedBatch } from '../../simulator/seed-batch.ts';

function printed() {
  const lines: string[] = [];
  return { lines, out: (line: string) => lines.push(line) };
}

describe('seqcast simulate', () => {
  test('exits 0 and says what the seeds went through', async () => {
    const { lines, out } = printed();
    expect(await simulateCommand({ seeds: 3, json: false, out })).toBe(0);
    expect(lines[0]).toBe('3 seeds from 1: no violation.');
    expect(lines.some((line) => line.endsWith('ShardAllocated'))).toBe(true);
  });

  test('prints the seed, the invariant and a shrunk list of events, and exits 1', async () => {
    const { lines, out } = printed();
    expect(await simulateCommand({ seeds: 2_000, without: 'fence', json: false, out })).toBe(1);
    expect(lines[0]).toMatch(/^Seed \d+ violates I\d+: /);
    expect(lines[1]).toMatch(/Of 420 events these \d+ still show it/);
    expect(lines.at(-1)).toMatch(/^Again: seqcast simulate --seeds 1 --seed \d+ --without fence$/);
  });

  test('says the same as JSON', async () => {
    const { lines, out } = printed();
    expect(await simulateCommand({ seeds: 2_000, without: 'incarnation', json: true, out })).toBe(1);
    expect(lines).toHaveLength(1);
    const { violation } = JSON.parse(lines[0] ?? '') as { violation: { invariant: string; events: unknown[]; eventsBefore: number } };
    expect(violation.invariant).toBe('I5');
    expect(violation.events.length).toBeLessThan(violation.eventsBefore);
  });

  test('finds the same seed and went through the same with batches beside each other', async () => {
    const [alone, together] = [printed(), printed()];
    const late = (ms: number) => async (batch: SeedBatch) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return runBatch(batch);
    };
    await simulateCommand({ seeds: 25, json: true, out: alone.out });
    // The second runner is done with the later batch before the first is with the earlier one.
    await simulateCommand({ seeds: 25, batchSeeds: 10, json: true, out: together.out, runners: [late(20), late(0)] });
    expect(together.lines).toEqual(alone.lines);
    const found = { seeds: 2_000, without: 'fence', batchSeeds: 10, json: true } as const;
    await simulateCommand({ ...found, out: alone.out });
    await simulateCommand({ ...found, out: together.out, runners: [late(0), late(20)] });
    expect(together.lines).toEqual(alone.lines);
    expect(JSON.parse(alone.lines[0] ?? '')).toMatchObject({ pairs: { pairs: 666 } });
  });

  test('tells its rate and how long it still takes', () => {
    expect(progressLine(200, 1_000, 0.5)).toBe('200 of 1000 seeds, no violation, 400 seeds/s, 2 s left');
    expect(progressLine(200, 1_000, undefined)).toBe('200 of 1000 seeds, no violation');
  });
});
