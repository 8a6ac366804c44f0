/**
 * `seqcast replay`: what the present rule would have done with demand that was recorded or read from a file; with `--verify`, whether what a
 * live log says that was done can be derived from it again.
 */
import type { Command } from 'commander';
import { Option } from 'commander';
import { SequenceError } from '../../core/errors.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { durationOf, jsonOption, numberOf } from '../command-options.ts';
import { addDemandOptions, type DemandOptions, timeOf } from '../demand-inputs/demand-options.ts';
import { demandSpec } from '../demand-inputs/demand-spec.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { DemandReplay } from '../replay/manifest.ts';
import { type ReplayFlags, replaySettings } from '../replay/replay-options.ts';
import { ShareProgress } from '../share-progress.ts';

interface Flags extends JsonOption, ReplayFlags, DemandOptions {
  readonly verify?: boolean;
  readonly from?: string;
  readonly exportDir?: string;
  readonly event: number;
}

/** The service level of a sequence that was created without one. */
const STALLS_PPM = 10;
const EVENT_MS_MAX = 3_600_000;
/** All that a stopped directory or Kafka has recorded. */
const ALL_RECORDED = 'topic:seqcast.consumption';

const EXAMPLES = `
Examples:
  seqcast replay --verify --data-dir .seqcast
  seqcast replay --data-dir .seqcast --lead-time measured --ride-through 15m
  seqcast replay --from topic:seqcast.consumption@since=2026-11-01T00:00:00Z --data-dir .seqcast --outage 2026-11-02T10:00:00Z/15m
  seqcast replay --from requests.csv --lead-time 500ms --count-from 2026-11-08T00:00:00Z`;

export function addReplay(program: Command, cli: CliContext): void {
  const command = program
    .command('replay')
    .description(
      'Replays demand through the forecast stage and the allocation rule, and sums up; or verifies what a log says that was decided.',
    )
    .option('--verify', 'derive every forecast and every allocation again from what the log holds, and compare')
    .option('--from <spec>', `the demand: a file, trace:NAME, archive:DIR or ${ALL_RECORDED}[@offset=N|@since=TIME], which is the default`)
    .option('--export-dir <dir>', 'where `seqcast ledger trim` has put what it cut; --verify needs it then')
    .option('--lead-time <duration>', 'decision to usable stock of every order, or `measured`: as the recorded pools measured', '10ms')
    .option('--outage <time/duration>', 'nobody allocates then, such as 2026-11-29T10:00:00Z/15m; may be said again', said, [])
    .option('--ride-through <duration>', 'how long streams must last without an allocator', durationOf, 0)
    .addOption(new Option('--ride-through-class <class>', 'what is survived').choices(['expected', 'insured']).default('expected'))
    .option('--target-stalls <ppm>', 'requests in a million that may wait', numberOf, STALLS_PPM)
    .option('--count-from <time>', 'what is before only warms up')
    .option('--event <duration>', 'of a file: how long a pool counts before it reports', durationOf, 1_000)
    .option('--seed <n>', 'of drawn lead times', numberOf, 1);
  jsonOption(addDemandOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => await (flags.verify === true ? verifyRecorded(cli, flags) : replay(cli, flags)));
}

async function verifyRecorded(cli: CliContext, flags: Flags): Promise<void> {
  const [{ openRecordedLog }, { verify }, { verifyText }] = await Promise.all([
    import('../replay/recorded-log.ts'),
    import('../replay/verification.ts'),
    import('../replay/replay-text.ts'),
  ]);
  const { exportDir } = flags;
  const recorded = await openRecordedLog(flags, cli.env);
  const startMs = performance.now();
  try {
    const exports = exportDir === undefined ? undefined : { dir: exportDir };
    const report = await verify({ ...recorded, exports, progress: (line) => cli.err.write(line) });
    sayPace(cli, report.events, startMs);
    writeAnswer(cli, flags, report, () => verifyText(report));
    if (!report.ok) cli.exitCode = EXIT_CODES.failed.code;
  } finally {
    await recorded.close();
  }
}

async function replay(cli: CliContext, flags: Flags): Promise<void> {
  const { demandText } = await import('../replay/replay-text.ts');
  const startMs = performance.now();
  const report = await replayed(cli, flags);
  sayPace(cli, report.manifest.events, startMs);
  writeAnswer(cli, flags, report, (terminal) => demandText(report, terminal));
  if (report.streams.length === 0) cli.exitCode = EXIT_CODES.failed.code;
}

async function replayed(cli: CliContext, flags: Flags): Promise<DemandReplay> {
  const settings = replaySettings(flags);
  const { from = ALL_RECORDED } = flags;
  const spec = demandSpec(from);
  const shares = new ShareProgress(cli.err);
  const progress = (done: number, total: number): void =>
    done < total ? shares.tell(done / total, (percent) => `replay: ${done} of ${total}, ${percent}`) : shares.end();
  if (spec.kind !== 'topic') {
    const [{ openDemand }, { replayDemand }] = await Promise.all([
      import('../demand-inputs/open-demand.ts'),
      import('../replay/demand-replay.ts'),
    ]);
    return await replayDemand({
      demand: await openDemand(from, { ...flags, env: cli.env }),
      settings,
      eventS: eventSeconds(flags.event),
      progress,
    });
  }
  const [{ openRecordedLog }, { replayRecorded }] = await Promise.all([
    import('../replay/recorded-log.ts'),
    import('../replay/recorded-replay.ts'),
  ]);
  const { offset, since } = spec;
  const recorded = await openRecordedLog(flags, cli.env);
  try {
    const sinceMs = since === undefined ? undefined : timeOf('--from', since);
    return await replayRecorded({ ...recorded, from, settings, offset, sinceMs, progress });
  } finally {
    await recorded.close();
  }
}

function eventSeconds(ms: number): number {
  if (ms >= 1_000 && ms % 1_000 === 0 && ms <= EVENT_MS_MAX) return ms / 1_000;
  throw wrong(`--event is ${ms} ms: whole seconds are expected, an hour at most`);
}

/** Speed is no part of the answer: equal input gives equal bytes. */
function sayPace(cli: CliContext, events: number, startMs: number): void {
  const seconds = Math.max(0.001, (performance.now() - startMs) / 1_000);
  cli.err.write(`${events} records in ${seconds.toFixed(1)} s, ${Math.round(events / seconds)} a second\n`);
}

function said(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function wrong(problem: string): SequenceError {
  return new SequenceError('SEQ_CONFIG_INVALID', problem);
}
