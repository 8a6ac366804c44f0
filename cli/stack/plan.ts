/** Which processes a stack consists of, at which ports, from what was asked for and what an earlier start has chosen. */
import { randomBytes } from 'node:crypto';
import { SequenceError } from '../../core/errors.ts';
import type { Environment } from '../../workers/runtime/process/config.ts';
import { isAlive } from './detached-process.ts';
import type { EngineName, EngineProcess } from './engine-process.ts';
import { etcdProcess } from './etcd.ts';
import { type BrokerAddress, kafkaProcesses } from './kafka.ts';
import { KAFKA_VERSION, kafkaJars } from './kafka-jars.ts';
import { freePort, isFree, USUAL_PORTS } from './ports.ts';
import { postgresProcess } from './postgres.ts';
import { findProgram } from './programs.ts';
import { redisProcess } from './redis.ts';
import type { StackState } from './state-file.ts';

export interface StackOptions {
  readonly directory: string;
  readonly engines: readonly EngineName[];
  /** As before where left out, or one. */
  readonly brokers?: number | undefined;
  readonly kafkaVersion?: string | undefined;
  /** Whether a second Redis copies the first. */
  readonly replica?: boolean | undefined;
  /** Where jars are kept, if not in the stack's own directory. */
  readonly jarDirectory?: string | undefined;
  /** Ports that clients expect, where they are free. */
  readonly usualPorts?: boolean | undefined;
  readonly env: Environment;
  progress(line: string): void;
}

/** The processes of one engine. Throws SEQ_ENGINE_UNREACHABLE where its program is missing. */
export async function planEngine(engine: EngineName, options: StackOptions, state: StackState): Promise<readonly EngineProcess[]> {
  const { directory, env } = options;
  switch (engine) {
    case 'kafka':
      return await planKafka(options, state);
    case 'redis':
      return await planRedis(options, state);
    case 'etcd': {
      const program = findProgram('etcd', env);
      return [
        etcdProcess({
          program,
          directory,
          port: await portOf('etcd', options, state),
          peerPort: await portOf('etcd-peer', options, state),
        }),
      ];
    }
    case 'postgres': {
      const program = findProgram('postgres', env);
      return [postgresProcess({ program, directory, port: await portOf('postgres', options, state) })];
    }
  }
}

async function planRedis(options: StackOptions, state: StackState): Promise<readonly EngineProcess[]> {
  const { directory, env } = options;
  const program = findProgram('redis-server', env);
  const port = await portOf('redis', options, state);
  const jobsPort = await portOf('redis-jobs', options, state);
  const processes = [
    redisProcess({ program, name: 'redis', directory, port }),
    redisProcess({ program, name: 'redis-jobs', directory, port: jobsPort, durable: true }),
  ];
  if (options.replica !== true && state.ports['redis-replica'] === undefined) return processes;
  const replicaPort = await portOf('redis-replica', options, state);
  return [...processes, redisProcess({ program, name: 'redis-replica', directory, port: replicaPort, replicaOf: port })];
}

async function planKafka(options: StackOptions, state: StackState): Promise<readonly EngineProcess[]> {
  const { directory, env, progress } = options;
  const before = state.kafka;
  const version = options.kafkaVersion ?? before?.version ?? KAFKA_VERSION;
  const brokers = options.brokers ?? before?.brokers ?? 1;
  // The voters of the quorum and the format of the log are written on its disks.
  if (before !== undefined && (before.version !== version || before.brokers !== brokers)) {
    const message = `the stack in ${directory} has Kafka ${before.version} with ${before.brokers} broker(s): end it with \`seqcast stack down --delete\`, or choose another --dir`;
    throw new SequenceError('SEQ_CONFIG_INVALID', message);
  }
  const java = findProgram('java', env);
  const jars = await kafkaJars({ version, directory: options.jarDirectory ?? directory, env, progress });
  const addresses: BrokerAddress[] = [];
  for (let id = 1; id <= brokers; id++) {
    const port = await portOf(`kafka-${id}`, options, state);
    addresses.push({ id, port, controllerPort: await portOf(`kafka-${id}-controller`, options, state) });
  }
  state.kafka = { version, brokers, clusterId: before?.clusterId ?? newClusterId() };
  return kafkaProcesses({ java, jars, directory, clusterId: state.kafka.clusterId, brokers: addresses });
}

/** The remembered port. Another one is taken only where nothing of the stack runs there and somebody else does. */
async function portOf(name: string, { usualPorts }: StackOptions, state: StackState): Promise<number> {
  const remembered = state.ports[name];
  const owner = state.processes[name.replace(/-(controller|peer)$/, '')];
  if (remembered !== undefined && ((owner !== undefined && (await isAlive(owner))) || (await isFree(remembered)))) return remembered;
  const others = new Set(Object.entries(state.ports).flatMap(([each, port]) => (each === name ? [] : [port])));
  const port = await freePort(others, usualPorts === true ? USUAL_PORTS[name] : undefined);
  state.ports[name] = port;
  return port;
}

/** As Kafka's own tool makes them: 16 bytes as 22 characters, none of which looks like an option. */
export function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
