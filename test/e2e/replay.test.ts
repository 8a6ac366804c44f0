/** The live demo and its own replay agree on every forecast and on every allocation, over a restart too; a forged log does not. */
import { describe, expect, test } from 'vitest';
import { openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import type { VerifyReport } from '../../cli/replay/verification.ts';
import { decode, encode } from '../../schemas/codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { scratchDirectory, seqcast, startServer } from './server.ts';

/** Two real seconds of demand, and as long as the machine takes for them. */
async function demo(dataDir: string): Promise<void> {
  const server = await startServer(dataDir, '--demo', '--days', '0.1', '--speed-up', '3600');
  while (!server.output().includes('"rivals"')) {
    expect(server.process.exitCode).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await server.end('SIGTERM')).toBe(0);
}

async function verified(dataDir: string): Promise<{ readonly code: number; readonly report: VerifyReport }> {
  const { code, stdout, stderr } = await seqcast('replay', '--verify', '--data-dir', dataDir, '--json');
  expect(stdout, stderr).not.toBe('');
  return { code, report: JSON.parse(stdout) as VerifyReport };
}

/** The newest forecast once more, with another rate. */
async function forgeForecast(dataDir: string): Promise<void> {
  const storage = await openEmbeddedStorage({ dataDir, onFailure: () => undefined });
  try {
    for (let partition = 0; partition < storage.partitionCount; partition++) {
      const end = await storage.log.endOffset(TOPICS.forecasts.name, partition);
      const [last] = await storage.log.read(TOPICS.forecasts.name, partition, end - 1, 1);
      const message = last === undefined ? undefined : decode(last.bytes);
      if (message?.kind !== 'Forecast') continue;
      const records = [encode({ ...message, rate: message.rate + 1 })];
      await storage.log.append({ topic: TOPICS.forecasts.name, partition, records });
    }
  } finally {
    await storage.close();
  }
}

describe('the demo and its replay', () => {
  test('agree on every forecast and every allocation, also where the demo ran twice', { timeout: 180_000 }, async () => {
    const dataDir = scratchDirectory();
    await demo(dataDir);
    await demo(dataDir);
    const { code, report } = await verified(dataDir);
    expect(report.forecasts.differences).toEqual([]);
    expect(report.allocations.differences).toEqual([]);
    expect(report.allocations.underivable).toEqual({});
    expect(report.forecasts.forecasts).toBeGreaterThan(100);
    expect(report.allocations.allocations).toBeGreaterThan(100);
    expect(report.forecasts.agreeing).toBe(report.forecasts.forecasts);
    expect(report.allocations.agreeing).toBe(report.allocations.allocations);
    expect(code).toBe(0);

    await forgeForecast(dataDir);
    const forged = await verified(dataDir);
    expect(forged.code).toBe(1);
    expect(forged.report.forecasts.differences[0]?.fields.map(({ field }) => field)).toEqual(['rate']);
  });
});
