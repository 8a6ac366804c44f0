/**
 * What an operator can set, said once: the same table checks flags, environment and file, and writes the reference page and the
 * file that `seqcast init` makes.
 */
import { z } from 'zod';
import { NAME_PATTERN, STREAMS_PER_SEQUENCE_MAX } from '../../core/limits.ts';

/** A partition costs a log, a fold and a snapshot in every process; far fewer keep two cores busy. */
const PARTITIONS_MAX = 256;
/** What the key of a stream costs in every process bounds how many a sequence may have, whoever asks for more. */
const STREAMS_MAX = 100_000;
/** More copies than this slow every append and protect no better. */
const REPLICATION_MAX = 7;
const REDIS_URL = /^rediss?:\/\/[^\s]+$/;
const PORT_MAX = 65_535;
/** The bundled trace has three weeks. */
const DEMO_DAYS_MAX = 21;
/** A day of demand a second: beyond it the demo would only measure this machine. */
const SPEED_UP_MAX = 86_400;
/** What a model says is in bins of a minute: sooner there is nothing new. Later than an hour it is too old to be of use. */
const REFRESH_MS_MIN = 1_000;
const REFRESH_MS_MAX = 3_600_000;

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
  roles: z
    .string()
    .regex(/^[a-z]+(,[a-z]+)*$/)
    .default('gateway,allocator,forecaster,filler,jobs')
    .describe('What this process does, where Kafka is the log: any of gateway, allocator, forecaster, filler, jobs.'),
  member: z.string().regex(NAME_PATTERN).optional().describe('Name of this process among the others; one is made up where it is left out.'),
  kafka: z
    .string()
    .regex(/^[^\s,:]+:[0-9]+(,[^\s,:]+:[0-9]+)*$/)
    .optional()
    .describe('Brokers as host:port,host:port. With it the log is Kafka; without it everything is in the data directory.'),
  kafkaReplication: z
    .int()
    .min(1)
    .max(REPLICATION_MAX)
    .optional()
    .describe('Copies of each topic it creates; 3 where three brokers answer, else 1.'),
  kafkaTls: z.boolean().default(false).describe('Speak TLS to the brokers.'),
  kafkaCaFile: z.string().min(1).optional().describe('File with the certificate authority of the brokers.'),
  kafkaSasl: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional().describe('How to authenticate to the brokers.'),
  kafkaUser: z.string().min(1).optional().describe('User for it.'),
  kafkaPassword: z.string().min(1).optional().describe('Password for it; better given by the environment than by a flag.'),
  redis: z
    .string()
    .regex(REDIS_URL)
    .optional()
    .describe(
      'Redis that holds the stock of the pool, as redis://user:password@host:port, rediss:// for TLS. Needed by every role with Kafka.',
    ),
  redisSentinel: z
    .string()
    .regex(/^[^\s@]+@[^\s,]+:[0-9]+(,[^\s,]+:[0-9]+)*$/)
    .optional()
    .describe("Asks Sentinels for the pool's Redis: name@host:port,host:port."),
  redisCaFile: z.string().min(1).optional().describe('File with the certificate authority of Redis.'),
  pool: z.string().regex(NAME_PATTERN).default('pool-0').describe('Name of the pool whose Redis this is; each pool has its own Redis.'),
  routes: z.enum(['redis', 'etcd']).default('redis').describe('Where the route table is kept.'),
  routesRedis: z.string().regex(REDIS_URL).optional().describe('Redis of the route table; that of the pool where it is left out.'),
  etcd: z
    .string()
    .regex(/^https?:\/\/[^\s]+$/)
    .optional()
    .describe('Address of etcd, for the route table.'),
  jobsRedis: z
    .string()
    .regex(REDIS_URL)
    .optional()
    .describe('Redis of the job queue, with persistence; that of the pool where it is left out.'),
  archiveDir: z
    .string()
    .min(1)
    .optional()
    .describe('Directory of the archive (Parquet); `archive` in the data directory where it is left out.'),
  archiveDays: z
    .string()
    .regex(/^(consumption|shards|forecasts|issues)=[1-9][0-9]{0,4}(,(consumption|shards|forecasts|issues)=[1-9][0-9]{0,4})*$/)
    .optional()
    .describe('Days that tables of the archive are kept, as consumption=400,shards=400,forecasts=90,issues=3650, which are the defaults.'),
  bulkDir: z
    .string()
    .min(1)
    .optional()
    .describe('Directory that bulk jobs write files to and read them from; `bulk` in the data directory where it is left out.'),
  modelsDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Directory of trained models, shared by the processes of an installation; `models` in the data directory where it is left out.',
    ),
  forecastRefreshMs: z
    .int()
    .min(REFRESH_MS_MIN)
    .max(REFRESH_MS_MAX)
    .default(60_000)
    .describe('Time between two rounds in which fitted models are asked about the streams, in milliseconds.'),
  trainings: z
    .boolean()
    .default(true)
    .describe('Train a model every night (UTC) and fine-tune it every hour, where there is enough history.'),
  exportDir: z
    .string()
    .min(1)
    .optional()
    .describe('Directory that `seqcast ledger trim` wrote to: the audit reads there what the ledger no longer has.'),
  replyTopics: z
    .string()
    .regex(/^[a-zA-Z0-9._-]+(,[a-zA-Z0-9._-]+)*$/)
    .default('seqcast.values')
    .describe('Topics that requests over Kafka may have their answers on; never one of seqcast itself but seqcast.values.'),
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
