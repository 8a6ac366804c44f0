/**
 * `seqcast observe` from end to end: a real sequence under load, a server that restarts meanwhile, a file that a backtest can read, and
 * an observer that is told to stop.
 */
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ObservedSource } from '../../../adapters/counters/observed-source.ts';
import { type DemandSource, wholeOf } from '../../../backtest/sources/demand-source.ts';
import { openDemand } from '../../../cli/demand-inputs/open-demand.ts';
import { observe } from '../../../cli/observe/observe.ts';
import type { MinuteReport, ObserveSummary } from '../../../cli/observe/report.ts';
import { openSource } from '../../../cli/observe/source-of-url.ts';
import { runCli } from '../../../cli/run.ts';
import { anyFreePort, ownRedis } from '../../adapters/bullmq/own-redis.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { run, Written } from '../commands.ts';

const postgres = engineOrSkip('postgres');
const redis = engineOrSkip('redis');

/** A few seconds, on a machine that may be busy. */
const TIMEOUT_MS = 30_000;

function scratchFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-observe-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'demand.csv');
}

function countsIn(path: string): number[] {
  const [head, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(head).toBe('time,count');
  return lines.map((line) => Number(line.split(',')[1]));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** An observation at a pace at which a test need not wait, until it is stopped. */
function startObserving(source: ObservedSource, path: string) {
  const said: string[] = [];
  const stop = new AbortController();
  const summary = observe({
    source,
    path,
    everyMs: 100,
    spread: false,
    stop: stop.signal,
    say: (line) => said.push(line),
    onMinute: () => undefined,
  });
  return { said, stop: () => stop.abort(), summary };
}

describe.skipIf(!postgres.available)('observing a sequence of PostgreSQL (needs PostgreSQL)', { timeout: TIMEOUT_MS }, () => {
  test('writes what was asked of it, and says what the shadow would have done', async () => {
    const user = new pg.Client({ connectionString: postgres.url });
    await user.connect();
    onTestFinished(async () => {
      await user.query('DROP SEQUENCE watched');
      await user.end();
    });
    await user.query('CREATE SEQUENCE watched');
    const path = scratchFile();
    const watching = run(['observe', `${postgres.url}?sequence=watched`, '--out', path, '--for', '3s', '--shadow', '--json']);
    let isOver = false;
    void watching.finally(() => {
      isOver = true;
    });
    let taken = 0;
    for (; !isOver; taken += 5) {
      await user.query(`SELECT nextval('watched') FROM generate_series(1, 5)`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { code, out, err } = await watching;
    expect(code, err).toBe(0);
    const reports = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as MinuteReport | ObserveSummary);
    const summary = reports.at(-1) as ObserveSummary;
    const counts = countsIn(path);
    expect(counts).toHaveLength(3);
    expect(summary).toMatchObject({ kind: 'summary', totals: { rows: 3, values: sum(counts), restarts: 0 } });
    expect(summary.shadow?.demanded).toBe(sum(counts));
    // The backtest reads the same.
    const { streams, repairs } = await openDemand(path, {});
    expect(repairs).toEqual([]);
    const [stream] = streams;
    expect(sum([...(await wholeOf(stream as DemandSource)).counts])).toBe(sum(counts));
    // Nothing but the load has moved it; what went before the first reading is not in the file.
    const { rows } = await user.query<{ last_value: string }>('SELECT last_value FROM watched');
    expect(rows[0]?.last_value).toBe(String(taken));
    expect(sum(counts)).toBeGreaterThan(50);
    expect(sum(counts)).toBeLessThanOrEqual(taken);
  });
});

describe.skipIf(!redis.available)('observing a counter of Redis (needs Redis)', { timeout: TIMEOUT_MS }, () => {
  test('survives that it restarts: says how long it was away, and makes up nothing of what it lost', async () => {
    const own = await ownRedis();
    const source = await openSource(`${own.url}?key=ids`);
    onTestFinished(async () => await source.close());
    await own.cli('SET', 'ids', '5000');
    const path = scratchFile();
    const { said, stop, summary } = startObserving(source, path);
    const seen = (values: number) =>
      expect.poll(() => (existsSync(path) ? sum(countsIn(path)) : 0), { timeout: 10_000, message: said.join('\n') }).toBe(values);
    const heard = (words: string) => expect.poll(() => said.join('\n'), { timeout: 10_000 }).toContain(words);
    await expect.poll(() => (existsSync(path) ? countsIn(path).length : 0), { timeout: 10_000 }).toBeGreaterThan(0);
    await own.cli('INCRBY', 'ids', '30');
    await seen(30);
    await own.kill();
    await heard('does not answer');
    await own.restart();
    await heard('is back');
    await own.cli('INCRBY', 'ids', '7');
    await seen(37);
    stop();
    const { totals, awayMs } = await summary;
    expect(totals).toMatchObject({ values: 37, restarts: 1 });
    expect(awayMs).toBeGreaterThan(0);
    expect(said.join('\n')).toMatch(/does not answer: .*\n.*is back after .*\n.*went back by 5,030: .* are left out/);
  });

  test('ends at a signal with the command that comes next, and is continued in the same file', async () => {
    const own = await ownRedis();
    const path = scratchFile();
    const signals = new EventEmitter();
    const [out, err] = [new Written(), new Written()];
    const args = ['observe', `${own.url}?key=ids`, '--out', path];
    const watching = runCli(args, { out, err, env: {}, signals, exitCode: 0 });
    await expect.poll(() => (existsSync(path) ? countsIn(path).length : 0), { timeout: 5_000 }).toBeGreaterThan(0);
    signals.emit('SIGTERM', 'SIGTERM');
    expect(await watching).toBe(0);
    expect(out.text).toContain(`next: seqcast backtest --from ${path} (it wants 25 min of demand at least)`);
    expect(signals.listenerCount('SIGTERM')).toBe(0);
    const before = countsIn(path).length;
    const again = await run([...args, '--for', '1s', '--shadow']);
    expect(again.err).toContain('is continued after');
    expect(again.err).toContain(`has learnt from ${before} rows`);
    expect(countsIn(path).length).toBeGreaterThan(before);
  });
});

test('what is wrong with the address is said at once, and no file is made', async () => {
  const path = scratchFile();
  const port = await anyFreePort();
  for (const [url, message] of [
    ['oracle://db', 'postgres://, mysql://, redis://'],
    [`postgres://127.0.0.1:${port}/db?sequence=s`, 'nothing listens there'],
    [`mysql://127.0.0.1:${port}/db?sequence=s`, 'nothing listens there'],
    [`leaf+http://127.0.0.1:${port}?tag=a`, 'nothing listens there'],
  ] as const) {
    const { code, err } = await run(['observe', url, '--out', path]);
    expect(err).toContain(message);
    expect(code).not.toBe(0);
  }
  expect(() => readFileSync(path)).toThrow('ENOENT');
});
