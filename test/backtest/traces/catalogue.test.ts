import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wholeOf } from '../../../backtest/sources/demand-source.ts';
import { openTrace, traceNames } from '../../../backtest/traces/catalogue.ts';
import { flash } from '../../../backtest/traces/surprises.ts';

let dataDir: string;
const put = (file: string, text: string): void => writeFileSync(join(dataDir, file), gzipSync(text));

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sets-'));
  for (const folder of ['nasa', 'nab', 'm4', 'azure-llm']) mkdirSync(join(dataDir, folder));
  const seconds = Array.from({ length: 600 }, (_, second) => (second < 300 ? 1 : 3));
  put('nasa/http_requests_per_second_1995-07.txt.gz', `${seconds.join('\n')}\n`);
  put('nab/nyc_taxi.csv.gz', 'timestamp,value\n2014-07-01 00:00:00,10844\n2014-07-01 00:30:00,8127\n');
  put('m4/Hourly-train.csv.gz', '"V1","V2","V3"\n"H1","605","586.4"\n"H2","3","",\n');
  put(
    'azure-llm/AzureLLMInferenceTrace_code.csv.gz',
    'TIMESTAMP,ContextTokens\n2023-11-16 18:17:03.9799600,4808\n2023-11-16 18:17:04.0319600,3\n',
  );
});
afterAll(() => rmSync(dataDir, { recursive: true }));

async function opened(name: string, factor = 1, seed?: number) {
  const set = await openTrace(name, { dataDir, factor, seed });
  const wholes = await Promise.all((set?.streams ?? []).map((stream) => wholeOf(stream)));
  return { set, counts: wholes.map(({ counts }) => counts), starts: wholes.map(({ startMs }) => startMs) };
}

function sum(counts: Uint32Array | undefined): number {
  return counts?.reduce((total, count) => total + count, 0) ?? Number.NaN;
}

describe('the catalogue of traces', () => {
  test('multiplies, draws anew for another seed, and hashes what it gives', async () => {
    const [plain, tripled, other] = [await opened('flash'), await opened('flash', 3), await opened('flash', 1, 99)];
    expect(Buffer.compare(Buffer.from(plain.counts[0]?.buffer ?? new ArrayBuffer(0)), Buffer.from(flash().counts.buffer))).toBe(0);
    expect(sum(tripled.counts[0])).toBe(3 * sum(plain.counts[0]));
    expect(new Set([plain, tripled, other].map(({ set }) => set?.sha256)).size).toBe(3);
    await expect(openTrace('batch', { dataDir, factor: 1_000_000, seed: undefined })).rejects.toThrow('batch times 1000000 has more than');
  });

  test('smooths a thousand of NASA: around the mean of the minute, as independent arrivals', async () => {
    const { counts, starts } = await opened('nasa1000s');
    const [smoothed = new Uint32Array()] = counts;
    expect([smoothed.length, starts[0]]).toEqual([600, Date.UTC(1995, 6, 1)]);
    const mean = (from: number, until: number): number => sum(smoothed.subarray(from, until)) / (until - from);
    expect(mean(0, 270)).toBeCloseTo(1_000, -1);
    expect(mean(330, 600)).toBeCloseTo(3_000, -1);
    expect(mean(299, 301)).toBeGreaterThan(1_900);
    expect(mean(299, 301)).toBeLessThan(2_100);
  });

  test('reads single requests at a hundred nanoseconds, half hours, and hourly series', async () => {
    const azure = await opened('azure');
    expect([azure.starts[0], sum(azure.counts[0]), azure.counts[0]?.[3], azure.counts[0]?.[4]]).toEqual([
      Date.UTC(2023, 10, 16, 18, 17),
      2,
      1,
      1,
    ]);
    const taxi = await opened('taxi');
    expect([taxi.counts[0]?.length, sum(taxi.counts[0]?.subarray(0, 1_800)), sum(taxi.counts[0])]).toEqual([3_600, 10_844, 18_971]);
    const m4 = await opened('m4', 2);
    expect(m4.set?.streams.map(({ name, seconds }) => [name, seconds])).toEqual([
      ['H1', 7_200],
      ['H2', 7_200],
    ]);
    expect(m4.counts.map(sum)).toEqual([2 * (605 + 586), 6]);
    expect(m4.set?.repairs).toEqual(['1 counts with a fraction were rounded']);
  });

  test('leaves out what is not there, says where seconds were drawn from minutes, and knows no other name', async () => {
    const options = { dataDir: join(dataDir, 'nowhere'), factor: 1, seed: undefined };
    for (const name of ['aapl', 'taxi', 'azure', 'm4']) expect(await openTrace(name, options), name).toBeUndefined();
    expect((await openTrace('nasa', options))?.repairs).toEqual([
      'its seconds are not there: they were drawn from the minutes that are bundled',
    ]);
    for (const name of ['nothing', 'toString', 'constructor']) expect(await openTrace(name, options), name).toBeUndefined();
    expect(traceNames().length).toBeGreaterThanOrEqual(24);
  });
});
