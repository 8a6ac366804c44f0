/**
 * What an operator can set, said once: the same table checks flags, environment and file, and writes the reference page and the
 * file that `seqcast init` makes.
 */
import { z } from 'zod';
import { COUNT_MAX, NAME_PATTERN, STREAMS_PER_SEQUENCE_MAX } from '../../../core/limits.ts';

/** A partition costs a log, a fold and a snapshot in every process; far fewer keep two cores busy. */
const PARTITIONS_MAX = 256;
/** What the key of a stream costs in every process bounds how many a sequence may have, whoever asks for more. */
const STREAMS_MAX = 100_000;
/** More copies than this slow every append and protect no better. */
const REPLICATION_MAX = 7;
const REDIS_URL = /^rediss?:\/\/[^\s]+$/;
const POSTGRES_URL = /^postgres(ql)?:\/\/[^\s]+$/;
/** What is guessed in less time than it takes to notice. */
const SECRET_LENGTH_MIN = 16;
const PORT_MAX = 65_535;
const COMPAT_KINDS = /^(leaf|tinyid)(,(leaf|tinyid))*$/;
const COMPAT_NAMES = /^[^=,]+=[\w.-]+(,[^=,]+=[\w.-]+)*$/;
/** Long enough that nobody guesses it, whatever it is made of. */
const ADMIN_KEY_LENGTH_MIN = 32;
const ADMIN_KEY_LENGTH_MAX = 256;
/** More than one process answers. */
const REQUESTS_PER_SECOND_MAX = 1_000_000;
/** A system gives a process no more files, and a port no more ends. */
const CONNECTIONS_MAX = 1_000_000;
/** The bundled trace has three weeks. */
const DEMO_DAYS_MAX = 21;
/** A day of demand a second: beyond it the demo would only measure this machine. */
const SPEED_UP_MAX = 86_400;
/** What a model says is in bins of a minute: sooner there is nothing new. Later than an hour it is too old to be of use. */
const REFRESH_MS_MIN = 1_000;
const REFRESH_MS_MAX = 3_600_000;

/** A lock is renewed at half of it, and a busy machine may be late by as much; a job that hangs for longer than ten minutes is lost. */
const JOB_LOCK_MS_MIN = 1_000;
const JOB_LOCK_MS_MAX = 600_000;

/** No server answers more; a pool is one server, or the primary of a replicated one. */
const POOL_OPERATIONS_MAX = 10_000_000;
const POOL_MEMORY_MB_MAX = 16_777_216;
/** More often than an allocator looks at a surplus is no use; a day without a call is idle by any word. */
const IDLE_RETURN_MS_MIN = 60_000;
const IDLE_RETURN_MS_MAX = 86_400_000;

export const CONFIG_SCHEMA = z.strictObject({
  dataDir: z.string().min(1).default('.seqcast').describe('Directory that holds all data; one process owns it at a time.'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on; any other than this machine needs an API key, or `insecure`.'),
  port: z.int().min(0).max(PORT_MAX).default(7070).describe('Port to listen on; 0 takes any free one.'),
  insecure: z.boolean().default(false).describe('Let everybody in who reaches the port: for containers and networks that keep others out.'),
  requireKeys: z.boolean().default(false).describe('Ask for API keys on this machine too, as behind a proxy, and in requests over Kafka.'),
  adminKey: z
    .string()
    .min(ADMIN_KEY_LENGTH_MIN)
    .max(ADMIN_KEY_LENGTH_MAX)
    .optional()
    .describe('A secret of 32 to 256 characters that may do everything, to make the first API keys with; better given by the environment.'),
  tlsCert: z.string().min(1).optional().describe('File with the certificate chain: HTTPS instead of HTTP. Read again when it changes.'),
  tlsKey: z.string().min(1).optional().describe('File with its private key.'),
  tlsClientCa: z.string().min(1).optional().describe('File with an authority: callers must show a certificate of it.'),
  requestsPerSecond: z
    .number()
    .min(1)
    .max(REQUESTS_PER_SECOND_MAX)
    .optional()
    .describe('Requests a second that each API key, or each address without one, may send; as many as come where it is left out.'),
  connectionsMax: z
    .int()
    .min(1)
    .max(CONNECTIONS_MAX)
    .default(10_000)
    .describe('Connections that are open at a time; further ones are closed at once.'),
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
  redisCluster: z
    .boolean()
    .default(false)
    .describe('That Redis is a server of a Redis Cluster, each primary of which is a pool of its own; routes and jobs are kept elsewhere.'),
  redisCaFile: z.string().min(1).optional().describe('File with the certificate authority of Redis.'),
  pool: z
    .string()
    .regex(NAME_PATTERN)
    .default('pool-0')
    .describe('Name of the pool whose Redis this is; each pool has its own Redis. Of a Cluster: what the names of its pools begin with.'),
  poolOperationsPerSecond: z
    .int()
    .min(1)
    .max(POOL_OPERATIONS_MAX)
    .default(20_000)
    .describe("Calls a second that the pool's Redis can answer: what its load is measured against when streams are placed on pools."),
  poolValues: z
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .default(1_000_000_000_000)
    .describe('Values that the pool may hold in stock; a limit where values in stock are dear.'),
  poolMemoryMb: z
    .int()
    .min(1)
    .max(POOL_MEMORY_MB_MAX)
    .default(1_024)
    .describe("Memory of the pool's Redis for stock, in MB: a stream takes about 2 KB, a shard 1 KB."),
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
  postgres: z
    .string()
    .regex(POSTGRES_URL)
    .optional()
    .describe(
      'PostgreSQL of the transaction pool, as postgres://user:password@host:port/database. With Kafka every filler that knows it can run the pool, and one does; without it the server keeps its numbers without a gap there instead of in the data directory.',
    ),
  transactionsHost: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address where gateways reach the transaction pool of this process; any other than this machine needs a secret.'),
  transactionsPort: z.int().min(0).max(PORT_MAX).default(0).describe('Port for it; 0 takes any free one.'),
  transactionsSecret: z
    .string()
    .min(SECRET_LENGTH_MIN)
    .optional()
    .describe('What gateways prove themselves by to the transaction pool: the same in every process, better given by the environment.'),
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
    .describe(
      'Directory that bulk jobs write files to and read them from; `bulk` in the data directory where it is left out. Processes that share jobs share it.',
    ),
  bulkTopics: z
    .string()
    .regex(/^[a-zA-Z0-9._-]+(,[a-zA-Z0-9._-]+)*$/)
    .optional()
    .describe('Topics that bulk jobs may write values to; never one of seqcast itself. None where it is left out.'),
  jobLockMs: z
    .int()
    .min(JOB_LOCK_MS_MIN)
    .max(JOB_LOCK_MS_MAX)
    .optional()
    .describe(
      'How long, in milliseconds, a process that runs a job may be silent before the job is given to another one; 30000 where it is left out.',
    ),
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
  idleReturnMs: z
    .int()
    .min(IDLE_RETURN_MS_MIN)
    .max(IDLE_RETURN_MS_MAX)
    .optional()
    .describe(
      'Time without a call after which a stream gives all of its stock back, in milliseconds; a quarter of an hour where left out.',
    ),
  trainings: z
    .boolean()
    .default(true)
    .describe('Train a model every night (UTC) and fine-tune it every hour, where there is enough history.'),
  adoptPassword: z.string().min(1).optional().describe('Password for adopted counters; their addresses are kept without.'),
  compat: z.string().regex(COMPAT_KINDS).optional().describe('HTTP routes of other generators that are answered too, as leaf,tinyid.'),
  compatNames: z.string().regex(COMPAT_NAMES).optional().describe('Their keys that are other sequences here, as key=sequence.'),
  compatSegment: z.int().min(1).max(COUNT_MAX).optional().describe('Values that a TinyID client fetches at a time, if not 1000.'),
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
