/** The shadow decides as the live rule does, learns from what was observed before, and counts what it did since. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { rowText } from '../../../cli/observe/demand-file.ts';
import { Shadow } from '../../../cli/observe/shadow.ts';

const START_MS = Date.UTC(2026, 0, 1, 12);
const OPTIONS = { everyMs: 1_000, leadTimeMs: 500, rideThroughMs: 0 };

/** A steady hour of 20 values a second, with one of 60 now and then. */
function demand(fromSecond: number, seconds: number) {
  return Array.from({ length: seconds }, (_, at) => ({
    startMs: START_MS + (fromSecond + at) * 1_000,
    count: (fromSecond + at) % 97 === 0 ? 60 : 20,
  }));
}

function valuesOf(rows: readonly { readonly count: number }[]): number {
  return rows.reduce((sum, { count }) => sum + count, 0);
}

describe('the shadow', () => {
  test('orders about once a minute, lets only the first callers wait, and counts minutes apart', () => {
    const shadow = new Shadow(OPTIONS);
    for (const row of demand(0, 1_800)) shadow.note(row);
    const first = shadow.minute();
    expect(first.stalled).toBeGreaterThan(0);
    for (const row of demand(1_800, 1_800)) shadow.note(row);
    const second = shadow.minute();
    expect(second).toMatchObject({ stalled: 0, demanded: valuesOf(demand(1_800, 1_800)) });
    expect(second.orders).toBeGreaterThan(15);
    expect(second.orders).toBeLessThan(40);
    expect(second.meanHeld).toBeLessThan(1_800);
    expect(shadow.total().demanded).toBe(first.demanded + second.demanded);
    expect(shadow.total().orders).toBe(first.orders + second.orders);
  });

  test('that has learnt from a file begins where one that saw all of it stands, and counts only what comes', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'seqcast-shadow-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const path = join(directory, 'demand.csv');
    writeFileSync(path, `time,count\n${demand(0, 1_200).map(rowText).join('')}`);
    const warm = new Shadow(OPTIONS);
    expect(await warm.warmUp(path)).toBe(1_200);
    const whole = new Shadow(OPTIONS);
    for (const row of demand(0, 1_200)) whole.note(row);
    whole.minute();
    for (const row of demand(1_200, 600)) {
      warm.note(row);
      whole.note(row);
    }
    const seen = warm.total();
    expect(seen).toMatchObject({ stalled: 0, demanded: valuesOf(demand(1_200, 600)) });
    expect(seen).toEqual(whole.minute());
  });

  test('with a ride-through holds what it must last for', () => {
    const [bare, lasting] = [0, 300_000].map((rideThroughMs) => {
      const shadow = new Shadow({ ...OPTIONS, rideThroughMs });
      for (const row of demand(0, 1_800)) shadow.note(row);
      return shadow.total().meanHeld;
    });
    expect(lasting).toBeGreaterThan((bare ?? 0) + 4_000);
  });
});
