/** What can be said of demand beside where it is, as options of a command and as settings with their defaults. */
import type { Command } from 'commander';
import { type WantedColumns, wantedColumns } from '../../backtest/sources/column-choice.ts';
import { TimeReader } from '../../backtest/sources/time-reader.ts';
import { SequenceError } from '../../core/errors.ts';
import { STREAMS_PER_SEQUENCE_MAX } from '../../core/limits.ts';
import { ENVIRONMENT, type Environment } from '../../workers/runtime/process/config.ts';
import { durationOf, numberOf } from '../command-options.ts';
import { DEMAND_HELP } from './demand-spec.ts';

/** How bins are spread, where no seed was given. */
export const SPREAD_SEED = 1;

export const DEMAND_FORMATS = ['events', 'counts', 'lines', 'parquet'] as const;
export type DemandFormat = (typeof DEMAND_FORMATS)[number];

/** As `addDemandOptions` has them parsed. */
export interface DemandOptions {
  readonly format?: string;
  readonly columns?: string;
  readonly timeZone?: string;
  readonly start?: string;
  /** Milliseconds, as `sortWindow`. */
  readonly bin?: number;
  readonly sortWindow?: number;
  readonly maxStreams?: number;
  readonly dropRepeatedLines?: boolean;
  readonly spreadSeed?: number;
  /** Directory of the public data sets. */
  readonly data?: string;
  /** Where topics are: a data directory whose server is stopped, or brokers; what else Kafka needs is in the environment or the file. */
  readonly dataDir?: string;
  readonly kafka?: string;
  readonly env?: Environment;
  /** Told now and then how many rows were read, of inputs that take long. */
  readonly onRows?: (rows: number) => void;
}

export interface DemandSettings {
  readonly format: DemandFormat | undefined;
  readonly columns: WantedColumns;
  readonly timeZone: string | undefined;
  readonly startMs: number | undefined;
  readonly binMs: number | undefined;
  readonly sortWindowMs: number;
  readonly maxStreams: number;
  readonly dropRepeatedLines: boolean;
  /** Undefined where none was given: bins are spread by 1, and each trace has its own. */
  readonly seed: number | undefined;
  /** Of the public data sets. */
  readonly setsDir: string;
  readonly dataDir: string | undefined;
  readonly kafka: string | undefined;
  readonly env: Environment;
  readonly onRows: ((rows: number) => void) | undefined;
}

/** A producer that is late by more is better sorted. */
const SORT_WINDOW_MS = 60_000;
/** Open cells of every stream: a day of seconds for a thousand of them is 700 MB, an hour is not felt. */
const SORT_WINDOW_MS_MAX = 3_600_000;
/** Each stream has a buffer of at least some hundred bytes. */
const MAX_STREAMS_MAX = 100_000;
const DATA_DEFAULT = '../shared/data';
const BIN_MS_MAX = 31 * 86_400_000;

export function addDemandOptions(command: Command): Command {
  return command
    .option('--format <format>', `what a file holds: ${DEMAND_FORMATS.join(', ')} (default: as it looks)`)
    .option('--columns <list>', 'which columns say what, such as time=ts,count=3,stream=name,id=uuid')
    .option('--time-zone <zone>', 'of times without one, such as Europe/Berlin (default: UTC)')
    .option('--start <time>', 'when the first bin of a file of lines begins')
    .option('--bin <duration>', 'how long a row or a line counts (default: as its times tell; 1s for lines)', durationOf)
    .option('--sort-window <duration>', 'how late a row may be (default: 60s)', durationOf)
    .option('--max-streams <n>', `streams told apart; the smallest share one (default: ${STREAMS_PER_SEQUENCE_MAX})`, numberOf)
    .option('--drop-repeated-lines', 'leave out copies of lines seen shortly before')
    .option(
      '--spread-seed <n>',
      'how counts of a bin fall on its seconds (default: 1), and what a trace draws (default: its own)',
      numberOf,
    )
    .option('--data <dir>', `directory of the public data sets (default: ${DATA_DEFAULT})`)
    .option('--data-dir <dir>', 'data directory of a topic, whose server is stopped (default: .seqcast)')
    .option('--kafka <brokers>', 'brokers of a topic, as host:port,host:port')
    .addHelpText('after', DEMAND_HELP);
}

/** Throws `SEQ_CONFIG_INVALID` naming the option. */
export function demandSettings(options: DemandOptions): DemandSettings {
  const { format, bin, sortWindow = SORT_WINDOW_MS, maxStreams = STREAMS_PER_SEQUENCE_MAX } = options;
  if (format !== undefined && !isFormat(format)) throw wrong(`--format is ${format}: ${DEMAND_FORMATS.join(', ')} are known`);
  if (bin !== undefined && !(bin >= 1_000 && bin % 1_000 === 0 && bin <= BIN_MS_MAX)) {
    throw wrong(`--bin is ${bin} ms: whole seconds are expected, 31 days at most`);
  }
  if (sortWindow > SORT_WINDOW_MS_MAX) throw wrong('--sort-window is longer than an hour: sort the rows by time instead');
  if (!(Number.isInteger(maxStreams) && maxStreams >= 2 && maxStreams <= MAX_STREAMS_MAX)) {
    throw wrong(`--max-streams is ${maxStreams}: 2 to ${MAX_STREAMS_MAX} are possible`);
  }
  return {
    format,
    columns: wantedColumns(options.columns),
    timeZone: options.timeZone,
    startMs: options.start === undefined ? undefined : timeOf('--start', options.start, options.timeZone),
    binMs: bin,
    sortWindowMs: sortWindow,
    maxStreams,
    dropRepeatedLines: options.dropRepeatedLines ?? false,
    seed: options.spreadSeed,
    setsDir: options.data ?? DATA_DEFAULT,
    dataDir: options.dataDir,
    kafka: options.kafka,
    env: options.env ?? ENVIRONMENT,
    onRows: options.onRows,
  };
}

/** A time as files may have it; without a zone it is UTC. */
export function timeOf(option: string, text: string, timeZone = 'UTC'): number {
  const reader = new TimeReader(timeZone);
  const bytes = Buffer.from(text);
  const ms = reader.read(bytes, 0, bytes.length);
  if (Number.isNaN(ms)) throw wrong(`${option}: ${reader.problem}`);
  return ms;
}

function isFormat(text: string): text is DemandFormat {
  return (DEMAND_FORMATS as readonly string[]).includes(text);
}

function wrong(problem: string): SequenceError {
  return new SequenceError('SEQ_CONFIG_INVALID', problem);
}
