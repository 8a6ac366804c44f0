/**
 * What an operator can set, said once: the same table checks flags, environment and file, and writes the reference page and the
 * file that `seqcast init` makes.
 */
import { z } from 'zod';
import { STREAMS_PER_SEQUENCE_MAX } from '../../core/limits.ts';

/** A partition costs a log, a fold and a snapshot in every process; far fewer keep two cores busy. */
const PARTITIONS_MAX = 256;
/** What the key of a stream costs in every process bounds how many a sequence may have, whoever asks for more. */
const STREAMS_MAX = 100_000;
const PORT_MAX = 65_535;
/** The bundled trace has three weeks. */
const DEMO_DAYS_MAX = 21;
/** A day of demand a second: beyond it the demo would only measure this machine. */
const SPEED_UP_MAX = 86_400;

export const CONFIG_SCHEMA = z.strictObject({
  dataDir: z.string().min(1).default('.seqcast').describe('Directory that holds all data; one process owns it at a time.'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. There is no authentication: open it to a network you trust only.'),
  port: z.int().min(0).max(PORT_MAX).default(7070).describe('Port to listen on; 0 takes any free one.'),
  partitions: z
    .int()
    .min(1)
    .max(PARTITIONS_MAX)
    .optional()
    .describe('Allocation partitions. Chosen when the data directory is created (4 where left out) and fixed from then on.'),
  streamsPerSequence: z
    .int()
    .min(1)
    .max(STREAMS_MAX)
    .default(STREAMS_PER_SEQUENCE_MAX)
    .describe('Streams of one sequence with a stock of their own; further ones share one.'),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('How much is logged, as JSON lines.'),
  logFile: z.string().min(1).optional().describe('File that log lines are appended to, instead of standard error.'),
  demo: z.boolean().default(false).describe('Replays three weeks of real demand as three streams, on one screen, and keeps serving.'),
  speedUp: z.number().min(1).max(SPEED_UP_MAX).default(3_600).describe('Demo seconds per real second.'),
  days: z.number().positive().max(DEMO_DAYS_MAX).default(DEMO_DAYS_MAX).describe('Days of the trace that the demo replays.'),
});

export type Config = Readonly<z.output<typeof CONFIG_SCHEMA>>;
export type ConfigKey = keyof Config;

export interface ConfigOption {
  readonly key: ConfigKey;
  /** Two ways to say it beside the file. */
  readonly flag: string;
  readonly variable: string;
  /** As a person reads it: `1 to 256`, `fatal, error, …`. */
  readonly kind: string;
  readonly isNumber: boolean;
  readonly isBoolean: boolean;
  readonly fallback: string | number | boolean | undefined;
  readonly description: string;
}

export const CONFIG_OPTIONS: readonly ConfigOption[] = Object.entries(CONFIG_SCHEMA.shape).map(([key, schema]) => {
  const { type, enum: choices, minimum, exclusiveMinimum, maximum } = z.toJSONSchema(schema, { io: 'input' });
  const isNumber = type === 'integer' || type === 'number';
  const parsed = schema.safeParse(undefined);
  return {
    key: key as ConfigKey,
    flag: `--${words(key).join('-')}`,
    variable: `SEQCAST_${words(key).join('_').toUpperCase()}`,
    kind:
      choices?.join(', ') ??
      (isNumber ? `${type}, ${minimum === undefined ? `above ${exclusiveMinimum}` : minimum} to ${maximum}` : String(type)),
    isNumber,
    isBoolean: type === 'boolean',
    fallback: parsed.success ? parsed.data : undefined,
    description: schema.description ?? '',
  };
});

function words(key: string): string[] {
  return key.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}
