import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nasa, twitter } from '../../../backtest/traces/recorded.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'traces-'));
  mkdirSync(join(dir, 'nasa'));
  mkdirSync(join(dir, 'nab'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function put(file: string, text: string): void {
  writeFileSync(join(dir, file), gzipSync(text));
}

describe('recorded demand', () => {
  test('is read second by second, times the factor', () => {
    put('nasa/http_requests_per_second_1995-07.txt.gz', '1\n0\n3\n');
    expect(nasa(dir, 100)).toMatchObject({ name: 'nasa100', startMs: Date.UTC(1995, 6, 1), counts: Uint32Array.of(100, 0, 300) });
  });

  test('without the seconds, is drawn from the minutes that are bundled', () => {
    const { name, counts } = nasa(join(dir, 'nowhere'));
    expect(name).toBe('nasa (minutes)');
    expect(counts.length).toBe(21 * 86_400);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1_542_640);
  });

  test('spreads five minutes of mentions by chance, at the clock of their bins', () => {
    put('nab/Twitter_volume_ACME.csv.gz', 'timestamp,value\n2015-02-26 21:42:53,300\n2015-02-26 21:47:53,0\n');
    const trace = twitter(dir, 'ACME', 100);
    expect(trace).toMatchObject({ name: 'acme100', startMs: Date.UTC(2015, 1, 26, 21, 42, 50) });
    expect(trace?.counts.length).toBe(600);
    const sum = trace?.counts.subarray(0, 300).reduce((total, count) => total + count, 0) ?? 0;
    expect(Math.abs(sum - 30_000)).toBeLessThan(4 * Math.sqrt(30_000));
    expect(trace?.counts.subarray(300).every((count) => count === 0)).toBe(true);
  });

  test('is left out where it is missing', () => {
    expect(twitter(dir, 'NOBODY', 1)).toBeUndefined();
  });

  test.each(['-1', '1.5', 'many', ''])('refuses %j as a count, and says where', (count) => {
    put('nab/Twitter_volume_BAD.csv.gz', `timestamp,value\n2015-02-26 21:42:53,${count}\n`);
    expect(() => twitter(dir, 'BAD', 1)).toThrow('Twitter_volume_BAD.csv.gz');
  });
});
