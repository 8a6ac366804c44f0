/** `seqcast up`: serves from one data directory until it is told to stop. */
import type { Command } from 'commander';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';

type Flags = JsonOption & { readonly config?: string; readonly train?: boolean } & Readonly<Record<string, unknown>>;

export function addUp(program: Command, cli: CliContext): void {
  // Written out rather than drawn from the schema, which takes long to load; a test holds the two against each other.
  const command = program
    .command('up')
    .summary('start the server')
    .description('Starts the server with all its roles in this process; SIGTERM or Ctrl-C gives unused stock back and ends it.')
    .option('--data-dir <dir>', 'directory that holds all data (default: .seqcast)')
    .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any free one (default: 7070)')
    .option('--insecure', 'let everybody in who reaches the port, without API keys')
    .option('--require-keys', 'ask for API keys on this machine too')
    .option('--admin-key <secret>', 'a secret that may do everything; better given by the environment')
    .option('--tls-cert <file>', 'certificate chain: HTTPS instead of HTTP')
    .option('--tls-key <file>', 'its private key')
    .option('--tls-client-ca <file>', 'authority whose certificates callers must show')
    .option('--requests-per-second <n>', 'requests a second of each key or address (default: as many as come)')
    .option('--connections-max <n>', 'connections open at a time (default: 10000)')
    .option('--partitions <n>', 'allocation partitions of a new data directory (default: 4)')
    .option('--streams-per-sequence <n>', 'streams of a sequence with a stock of their own (default: 1000)')
    .option('--roles <list>', 'what this process does, with Kafka (default: gateway,allocator,forecaster,filler,jobs)')
    .option('--member <name>', 'name of this process among the others')
    .option('--kafka <brokers>', 'brokers as host:port,host:port: the log is Kafka')
    .option('--kafka-replication <n>', 'copies of each topic it creates')
    .option('--kafka-tls', 'speak TLS to the brokers')
    .option('--kafka-ca-file <file>', 'certificate authority of the brokers')
    .option('--kafka-sasl <mechanism>', 'how to authenticate to the brokers')
    .option('--kafka-user <name>', 'user for it')
    .option('--kafka-password <password>', 'password for it; better given by the environment')
    .option('--redis <url>', "Redis that holds the pool's stock")
    .option('--redis-sentinel <name@hosts>', "Sentinels that know the pool's Redis")
    .option('--redis-cluster', 'that Redis is one of a Redis Cluster, each primary of which is a pool')
    .option('--redis-ca-file <file>', 'certificate authority of Redis')
    .option('--pool <name>', 'name of the pool whose Redis this is (default: pool-0)')
    .option('--pool-operations-per-second <n>', 'calls a second that it can answer (default: 20000)')
    .option('--pool-values <n>', 'values it may hold in stock (default: 1000000000000)')
    .option('--pool-memory-mb <n>', 'memory for stock (default: 1024)')
    .option('--routes <store>', 'where the route table is kept (default: redis)')
    .option('--routes-redis <url>', "Redis of the route table, if not the pool's")
    .option('--etcd <url>', 'etcd of the route table')
    .option('--jobs-redis <url>', "Redis of the job queue, if not the pool's")
    .option('--postgres <url>', 'PostgreSQL of the transaction pool: numbers without a gap')
    .option('--transactions-host <host>', 'address where gateways reach the transaction pool (default: 127.0.0.1)')
    .option('--transactions-port <port>', 'port for it (default: 0)')
    .option('--transactions-secret <secret>', 'what gateways prove themselves by to it; better given by the environment')
    .option('--archive-dir <dir>', 'directory of the archive')
    .option('--archive-days <list>', 'days that tables of the archive are kept, as consumption=400')
    .option('--bulk-dir <dir>', 'directory that bulk jobs read from and write to')
    .option('--bulk-topics <list>', 'topics that bulk jobs may write values to (default: none)')
    .option('--job-lock-ms <ms>', 'how long who runs a job may be silent before another one does (default: 30000)')
    .option('--models-dir <dir>', 'directory of trained models, shared by the processes of an installation')
    .option('--forecast-refresh-ms <ms>', 'time between two rounds in which fitted models are asked (default: 60000)')
    .option('--idle-return-ms <ms>', 'time without a call after which a stream gives all of its stock back')
    .option('--trainings <bool>', 'train a model every night and fine-tune it every hour (default: true)')
    .option('--adopt-password <password>', 'of the user of adopted counters; better given by the environment')
    .option('--compat <list>', 'answer on the HTTP routes of leaf, tinyid, or both as leaf,tinyid')
    .option('--compat-names <list>', 'sequences of keys on those routes, as key=sequence')
    .option('--compat-segment <n>', 'values of a segment of a TinyID client (default: 1000)')
    .option('--export-dir <dir>', 'directory that `ledger trim` wrote to, for the audit')
    .option('--reply-topics <list>', 'topics that requests over Kafka may be answered on (default: seqcast.values)')
    .option('--log-level <level>', 'how much is logged (default: info)')
    .option('--log-file <file>', 'log there instead of to standard error')
    .option('--no-train', 'with --demo: short for --trainings false')
    .option('--demo', 'replay three weeks of real demand on one screen, and keep serving')
    .option('--speed-up <n>', 'demo seconds per real second (default: 3600)')
    .option('--days <n>', 'days of the trace that the demo replays (default: 21)')
    .option('--config <file>', 'configuration file (default: seqcast.config.yaml or .json, where there is one)');
  jsonOption(command).action(async ({ json, config: file, train, ...given }: Flags) => {
    const { loadConfig } = await import('../../workers/runtime/process/config.ts');
    const flags = train === false ? { ...given, trainings: false } : given;
    const config = await loadConfig({ flags, env: cli.env, ...(file !== undefined && { file }) });
    const { serve } = await import('../server.ts');
    cli.exitCode = await serve({ config, json: json === true, ...cli });
  });
}
