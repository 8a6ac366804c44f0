/** `seqcast bench accuracy` on a small folder of data, with the models that need no time. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccuracyReport } from '../../backtest/accuracy/report.ts';
import { run } from '../../bench/accuracy.ts';
import { benchCommand } from '../../bench/main.ts';
import type { AccuracyOptions } from '../../bench/request.ts';
import { seededRng } from '../../core/rng.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seqcast-accuracy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Hours of a daily curve with some chance in it. */
function writeCounts(name: string, hours: number): void {
  const rng = seededRng(7);
  const rows = Array.from({ length: hours }, (_, hour) => {
    const value = Math.round(50 + 40 * Math.sin((hour * Math.PI) / 12) + 10 * rng.next());
    return `${new Date(hour * 3_600_000).toISOString().slice(0, 19)},${value}`;
  });
  writeFileSync(join(folder, name), `timestamp,value\n${rows.join('\n')}\n`);
}

async function reports(options: AccuracyOptions): Promise<{ reports: AccuracyReport[]; lines: string[] }> {
  const out: string[] = [];
  const lines: string[] = [];
  await run({ json: true, out: (line) => out.push(line), progress: (line) => lines.push(line), accuracy: { data: folder, ...options } });
  return { reports: out.map((line) => JSON.parse(line) as AccuracyReport), lines };
}

const QUICK = ['naive', 'seasonal-naive', 'ewma-ratio', 'mixture'];

describe('the accuracy bench', () => {
  it('reports every model and the mixture, and finds that a season repeats', async () => {
    writeCounts('orders.csv', 480);
    const { reports: found, lines } = await reports({ models: QUICK });
    expect(found.map(({ task }) => task.name)).toEqual(['counts-1h']);
    const wql = new Map(found[0]?.models.map(({ model, metrics }) => [model, metrics.wql]));
    expect([...wql.keys()].sort()).toEqual(['ewma-ratio@1', 'mixture@1', 'naive@1', 'seasonal-naive@1']);
    expect(wql.get('seasonal-naive@1')).toBeLessThan(wql.get('naive@1') ?? 0);
    expect(found[0]?.manifest.files[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(lines.join('\n')).toContain('counts-1h: naive: 1 fits');
  });

  it('gives the same figures twice, the second time from forecasts that were kept', async () => {
    writeCounts('orders.csv', 480);
    const forecasts = join(folder, 'kept');
    const metrics = ({ reports: found }: Awaited<ReturnType<typeof reports>>) =>
      found[0]?.models.map(({ model, metrics }) => [model, metrics]);
    const first = await reports({ models: QUICK, forecasts });
    const second = await reports({ models: QUICK, forecasts });
    expect(metrics(second)).toEqual(metrics(first));
    expect(second.lines.join('\n')).toContain('kept from a former run');
    expect(readdirSync(forecasts)).toHaveLength(3);
  });

  it('writes its reports where it is told', async () => {
    writeCounts('orders.csv', 480);
    await reports({ models: QUICK, results: join(folder, 'results') });
    expect(readdirSync(join(folder, 'results')).sort()).toEqual(['accuracy-counts-1h.json', 'accuracy-counts-1h.md']);
    expect(readFileSync(join(folder, 'results', 'accuracy-counts-1h.md'), 'utf8')).toContain('# Accuracy on counts-1h');
  });

  it('refuses models, tasks and folders that there are not', async () => {
    writeCounts('orders.csv', 480);
    await expect(reports({ models: ['crystal-ball'] })).rejects.toThrow(/no model crystal-ball; there are: naive/);
    await expect(reports({ tasks: ['m4-hourly'] })).rejects.toThrow(/no m4-hourly; there are: counts-1h/);
    await expect(reports({ data: join(folder, 'nowhere') })).rejects.toThrow(/no such folder/);
  });

  it('runs only when it is named, and shows its leaderboard', async () => {
    writeCounts('orders.csv', 480);
    const out: string[] = [];
    const accuracy = { data: folder, models: ['seasonal-naive'] };
    const code = await benchCommand({ name: 'accuracy', json: false, out: (line) => out.push(line), progress: () => undefined, accuracy });
    expect(code).toBe(0);
    expect(out.join('\n')).toContain('| `seasonal-naive@1` |');
  });
});
