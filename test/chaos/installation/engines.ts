/**
 * The engines of a run: three brokers, a Redis with a copy, one for jobs, etcd and PostgreSQL, all its own. Between them and everybody
 * else are lines that can be disturbed: one to each broker, one to the pool's Redis, one to PostgreSQL, and one for each direction in which
 * one Redis copies the other.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, LOOPBACK } from '../../../cli/stack/engine-process.ts';
import { etcdProcess } from '../../../cli/stack/etcd.ts';
import { type BrokerAddress, kafkaProcesses } from '../../../cli/stack/kafka.ts';
import { KAFKA_VERSION, kafkaJars } from '../../../cli/stack/kafka-jars.ts';
import { newClusterId } from '../../../cli/stack/plan.ts';
import { postgresProcess } from '../../../cli/stack/postgres.ts';
import { findProgram } from '../../../cli/stack/programs.ts';
import { redisProcess } from '../../../cli/stack/redis.ts';
import { JAR_DIRECTORY } from '../../engines/run-directory.ts';
import { Engine } from './engine.ts';
import { Line } from './line.ts';
import type { Ports } from './ports.ts';
import { RedisPair } from './redis-pair.ts';
import { SmallDisk } from './small-disk.ts';

export interface Engines {
  readonly brokers: readonly Engine[];
  readonly brokerLines: readonly Line[];
  readonly redis: RedisPair;
  readonly jobsRedis: Engine;
  readonly etcd: Engine;
  readonly postgres: Engine;
  readonly postgresLine: Line;
  /** What `seqcast up` needs to find them, all by their lines. */
  readonly env: Readonly<Record<string, string>>;
  readonly kafka: readonly string[];
  /** That can be filled, where the machine lets us have one. */
  readonly disks: { readonly broker: SmallDisk | undefined; readonly postgres: SmallDisk | undefined };
  /** Ends all of them at once. */
  end(): Promise<void>;
}

/** A broker forgets a dead one of the others after this long; nine seconds where left out, which short runs have not. */
const SESSION_TIMEOUT_MS = 6_000;
/** A broker that comes back leads again after a moment, not after five minutes: partitions pass from broker to broker in short runs, too. */
const REBALANCE_SECONDS = 10;
/** Room for what a run of an hour writes. */
const BROKER_DISK_MB = 1_024;
/** And for the write-ahead log, which may grow to a gigabyte between two checkpoints. */
const POSTGRES_DISK_MB = 1_536;

export interface EnginesOptions {
  /** Disks that can be filled, where the machine lets us have them: room for runs of an hour and no longer. */
  readonly hasSmallDisks: boolean;
  /** Brokers have all of their heap from the start: else it fills up for an hour, and looks like growth. */
  readonly hasFullHeaps: boolean;
}

export async function startEngines(directory: string, ports: Ports, { hasSmallDisks, hasFullHeaps }: EnginesOptions): Promise<Engines> {
  mkdirSync(directory, { recursive: true });
  const logs = join(directory, 'logs');
  const disks = {
    broker: hasSmallDisks ? await SmallDisk.mount(join(directory, 'kafka-1'), BROKER_DISK_MB) : undefined,
    postgres: hasSmallDisks ? await SmallDisk.mount(join(directory, 'postgres'), POSTGRES_DISK_MB) : undefined,
  };
  const kafka = await brokersOf(directory, logs, ports, hasFullHeaps ? ['-XX:+AlwaysPreTouch'] : []);
  const program = findProgram('redis-server', process.env);
  const pool = async (name: string) => new Engine(redisProcess({ program, name, directory, port: await ports.next() }), logs);
  const redis = await RedisPair.plan([await pool('redis-a'), await pool('redis-b')], directory, ports);
  const jobsRedis = new Engine(redisProcess({ program, name: 'redis-jobs', directory, port: await ports.next(), durable: true }), logs);
  const etcd = new Engine(
    etcdProcess({ program: findProgram('etcd', process.env), directory, port: await ports.next(), peerPort: await ports.next() }),
    logs,
  );
  const postgres = new Engine(
    postgresProcess({ program: findProgram('postgres', process.env), directory, port: await ports.next() }),
    logs,
  );
  const postgresLine = await Line.open(await ports.next(), postgres.port);
  const all = [...kafka.brokers, redis.nodes[0], redis.nodes[1], jobsRedis, etcd, postgres];
  const lines = [...kafka.lines, postgresLine];
  const end = async (): Promise<void> => {
    redis.close();
    for (const line of lines) line.close();
    await Promise.all(all.map((engine) => engine.kill()));
    await Promise.all([disks.broker?.unmount(), disks.postgres?.unmount()]);
  };
  try {
    // All are waited for, started or not: whoever starts after the end would be left over.
    const started = await Promise.allSettled(all.map((engine) => engine.start()));
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    await redis.beginCopying();
  } catch (error) {
    await end();
    throw error;
  }
  const addresses = kafka.lines.map(({ port }) => `${LOOPBACK}:${port}`);
  return {
    brokers: kafka.brokers,
    brokerLines: kafka.lines,
    redis,
    jobsRedis,
    etcd,
    postgres,
    postgresLine,
    kafka: addresses,
    disks,
    env: {
      SEQCAST_KAFKA: addresses.join(','),
      SEQCAST_REDIS: redis.url,
      SEQCAST_JOBS_REDIS: `redis://${LOOPBACK}:${jobsRedis.port}`,
      SEQCAST_ROUTES: 'etcd',
      SEQCAST_ETCD: `http://${LOOPBACK}:${etcd.port}`,
      SEQCAST_POSTGRES: `postgres://seqcast@${LOOPBACK}:${postgresLine.port}/seqcast`,
    },
    end,
  };
}

/** Each broker tells everybody, the others included, to come by its line. */
async function brokersOf(
  directory: string,
  logs: string,
  ports: Ports,
  jvm: readonly string[],
): Promise<{ brokers: Engine[]; lines: Line[] }> {
  const java = findProgram('java', process.env);
  const jars = await kafkaJars({ version: KAFKA_VERSION, directory: JAR_DIRECTORY, env: process.env, progress: console.error });
  const addresses: BrokerAddress[] = [];
  for (let id = 1; id <= 3; id++) addresses.push({ id, port: await ports.next(), controllerPort: await ports.next() });
  const clusterId = newClusterId();
  const brokers: Engine[] = [];
  const lines: Line[] = [];
  for (const [index, { port }] of addresses.entries()) {
    const line = await Line.open(await ports.next(), port);
    lines.push(line);
    const settings = {
      'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${line.port}`,
      'broker.session.timeout.ms': String(SESSION_TIMEOUT_MS),
      'leader.imbalance.check.interval.seconds': String(REBALANCE_SECONDS),
    };
    const process = kafkaProcesses({ java, jars, directory, clusterId, brokers: addresses, settings })[index];
    if (process !== undefined) brokers.push(new Engine({ ...process, command: () => soonThere(process.command(), jvm) }, logs));
  }
  return { brokers, lines };
}

/** A broker that is killed every few seconds never gets as far as what the second compiler makes of it, and would only pay for it. */
function soonThere(command: Command, jvm: readonly string[]): Command {
  return { ...command, args: ['-XX:TieredStopAtLevel=1', ...jvm, ...command.args] };
}
