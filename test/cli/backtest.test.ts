/** `backtest` and `tune` as they are typed, on an hour and a half of demand in a file. */
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BacktestReport } from '../../backtest/report/backtest-report.ts';
import { runCli } from '../../cli/run.ts';
import { run, Written } from './commands.ts';

const directory = mkdtempSync(join(tmpdir(), 'backtest-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The first command loads the models, too. */
const LOADING_MS = 30_000;
const path = (name: string): string => join(directory, name);
const demand = path('seconds.txt');
const lines = Array.from({ length: 5_400 }, (_, second) => 30 + (second % 11) + (second % 900 < 20 ? 400 : 0));
writeFileSync(demand, `${lines.join('\n')}\n`);

const FROM = ['--from', demand, '--format', 'lines', '--start', '2026-01-05'];
const SMALL = [...FROM, '--lead-time', '500ms', '--ride-through', '0,5m', '--sweep', '10', '--against', 'leaf,tuned-sq'];

describe('seqcast backtest', () => {
  it('prints a leaderboard for each lead time and ride-through that fits a terminal', { timeout: LOADING_MS }, async () => {
    const { code, out, err } = await run(['backtest', ...SMALL]);
    // Nothing but how far it is, where the machine is slow.
    expect([code, err.replaceAll(/^\d+ % .*\n/gm, '')]).toEqual([0, '']);
    expect(out).toContain('lead time 500ms, no ride-through\n');
    expect(out).toContain('lead time 500ms, ride-through 5 min\n');
    expect(out).toMatch(/^seqcast, insured .* 1\.\d\d /m);
    expect(out).toMatch(/^Leaf, step 1000 /m);
    expect(out).toContain('the forecast was worth');
    expect(out.split('\n').filter((line) => line.length > 115)).toEqual([]);
  });

  it('writes the same JSON to a file as to the screen, the same each time, and goes on from what is kept', async () => {
    const [report, parts] = [path('report.json'), path('parts')];
    const first = await run(['backtest', ...SMALL, '--json', '--out', report]);
    const again = await run(['backtest', ...SMALL, '--json', '--resume', parts]);
    const resumed = await run(['backtest', ...SMALL, '--json', '--resume', parts]);
    expect(readFileSync(report, 'utf8')).toBe(first.out);
    expect(again.out).toBe(first.out);
    expect(resumed.out).toBe(first.out);
    expect(resumed.err).toMatch(/^\d+ finished parts are taken over from /);
    const { manifest, leaderboard } = JSON.parse(first.out) as BacktestReport;
    expect(manifest.settings).toMatchObject({ trainShare: 0.6, rideThroughsS: [0, 300], outagesS: [300], leadTimes: ['500ms'] });
    expect(
      leaderboard
        .filter(({ rideThroughS }) => rideThroughS === 0)
        .map(({ group }) => group)
        .sort(),
    ).toEqual(['rival', 'seqcast', 'tuned', 'without forecast']);
  });

  it('ends at Ctrl-C, keeps its directory and says how to go on', async () => {
    const signals = new EventEmitter();
    const [out, err] = [new Written(), new Written()];
    const running = runCli(['backtest', ...SMALL, '--resume', path('stopped')], { out, err, env: {}, signals, exitCode: 0 });
    while (signals.listenerCount('SIGINT') === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    signals.emit('SIGINT');
    expect(await running).toBe(1);
    expect(out.text).toBe('');
    expect(err.text).toContain(`interrupted: the same command with --resume ${path('stopped')} goes on from here\n`);
    expect(signals.listenerCount('SIGINT')).toBe(0);
    expect(existsSync(path('stopped'))).toBe(true);
  });

  it.each([
    [['--from', demand, '--against', 'leaf,leav'], /no rival is called "leav": choose from leaf, tinyid/],
    [[...FROM, '--streams', 'nobody'], /--streams: there is no nobody in .*; there are /],
    [[...FROM, '--lead-time', '5'], /Write a number and a unit/],
    [[...FROM, '--lead-time', '1ms'], /A lead time is 10ms to 1h; 1ms is not/],
    [[...FROM, '--lead-time', 'sampled:/nowhere'], /There is no file \/nowhere of measured lead times/],
    [[...FROM, '--gap', '40m'], /after --train-share 0.6 and --gap 2400s only 0 s are left to count/],
    [[...FROM, '--refit', '10m', '--origins', '2'], /--origins and --refit say the same/],
    [[...FROM, '--max', '100', '--used', '101'], /--used 101 is above --max 100/],
    [['--against', 'leaf'], /required option '--from <demand>' not specified/],
  ])('refuses %j and says what to do', async (args, message) => {
    const { code, err } = await run(['backtest', ...args]);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it('draws lead times from a file, plans with their high quantile, and dates the end of the values', async () => {
    writeFileSync(path('lead-times.txt'), `# measured\n${'20\n'.repeat(90)}${'2.5s\n'.repeat(10)}`);
    const args = [
      ...FROM,
      '--lead-time',
      `sampled:${path('lead-times.txt')}`,
      '--ride-through',
      '0',
      '--against',
      'none',
      '--sweep',
      'none',
    ];
    const { out } = await run(['backtest', ...args, '--max', '100000000', '--used', '10000000', '--json']);
    const { leaderboard, advice } = JSON.parse(out) as BacktestReport;
    expect(leaderboard.map(({ policy, leadTime }) => [policy, leadTime])).toEqual([
      ['seqcast, expected', `sampled:${path('lead-times.txt')}`],
      ['seqcast, no forecast', `sampled:${path('lead-times.txt')}`],
    ]);
    // Two and a half seconds of a busy job must be covered, whatever most orders take.
    expect(leaderboard[0]?.result.meanIdle).toBeGreaterThan(1_000);
    const [exhaustion] = advice;
    expect(exhaustion?.exhaustion?.map(({ level }) => level)).toContain(0.5);
  });

  it('shows examples in its help', async () => {
    const { out } = await run(['backtest', '--help']);
    expect(out).toContain('seqcast backtest --from trace:diurnal');
  });
});

describe('seqcast tune', () => {
  it('prints the commands for the settings it chose, and what they cost on both parts', async () => {
    const { code, out } = await run([
      'tune',
      ...FROM,
      '--ride-through',
      '1m',
      '--survive',
      '50',
      '--allocations-per-hour',
      '200',
      '--sequence',
      'orders',
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/seqcast create orders --target-stalls-ppm \d+ --ride-through-ms 60000 --ride-through-class (expected|insured)\n/);
    expect(out).toContain('seqcast alter orders');
    expect(out).toMatch(/where they were chosen .*\non the rest/);
  });

  it('exits 1 and names what is missed where no settings reach the goal', async () => {
    // The first burst ever: nobody can have known.
    const burst = Array.from({ length: 5_400 }, (_, second) => (second > 2_500 && second < 2_520 ? 5_000 : 1));
    writeFileSync(path('burst.txt'), `${burst.join('\n')}\n`);
    const { code, out } = await run(['tune', '--from', path('burst.txt'), '--format', 'lines', '--lead-time', '5s', '--json']);
    expect(code).toBe(1);
    const { missedOnTraining, attributes } = JSON.parse(out) as { missedOnTraining: string[]; attributes: object };
    expect(missedOnTraining.join()).toMatch(/ppm stall, not 10/);
    expect(attributes).toMatchObject({ rideThroughMs: 0 });
  });

  it('chooses for one lead time', async () => {
    const { code, err } = await run(['tune', ...FROM, '--lead-time', '10ms,1s']);
    expect([code, err]).toEqual([2, expect.stringContaining('give one')]);
  });
});
