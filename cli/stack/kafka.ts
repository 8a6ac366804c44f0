/**
 * Kafka brokers in KRaft mode, one or three, each a process of its own that is broker and controller: with three, any one of them
 * can be killed and the log goes on.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type EngineProcess, LOOPBACK } from './engine-process.ts';
import { brokersKnownAt } from './kafka-wire.ts';

export interface BrokerAddress {
  /** From 1 on. */
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  /** A second door for clients that must authenticate, where there are users. */
  readonly securePort?: number;
}

export interface KafkaOptions {
  readonly java: string;
  readonly jars: string;
  readonly directory: string;
  /** 22 characters, the same at every broker. */
  readonly clusterId: string;
  readonly brokers: readonly BrokerAddress[];
  /** Further lines of `server.properties`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Users to create when the disk is formatted; name and password. */
  readonly scramUsers?: Readonly<Record<string, string>>;
}

/** A JVM on a busy machine, then the election. */
const START_TIMEOUT_MS = 60_000;
const FORMAT_TIMEOUT_MS = 60_000;
/** Internal topics have 50 partitions by default, each with files of its own. */
const INTERNAL_PARTITIONS = 5;
const CLEANER_BUFFER_BYTES = 16 * 1024 * 1024;

export function kafkaProcesses(options: KafkaOptions): readonly EngineProcess[] {
  return options.brokers.map((broker) => brokerProcess(broker, options));
}

function brokerProcess(broker: BrokerAddress, options: KafkaOptions): EngineProcess {
  const name = `kafka-${broker.id}`;
  const directory = join(options.directory, name);
  const serverFile = join(directory, 'server.properties');
  const logFile = join(directory, 'log4j2.properties');
  return {
    engine: 'kafka',
    name,
    port: broker.port,
    stopSignal: 'SIGTERM',
    startTimeoutMs: START_TIMEOUT_MS,
    async prepare() {
      await mkdir(directory, { recursive: true });
      await writeFile(logFile, LOGGING);
      await writeFile(serverFile, serverProperties(broker, join(directory, 'data'), options));
      if (!existsSync(join(directory, 'data', 'meta.properties'))) await format(serverFile, options);
    },
    command: () => ({
      program: options.java,
      args: [
        ...['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${logFile}`],
        ...['-cp', join(options.jars, '*'), 'kafka.Kafka', serverFile],
      ],
      directory,
    }),
    answers: async () => (await brokersKnownAt(broker.port)) !== undefined,
    isHealthy: async () => (await brokersKnownAt(broker.port)) === options.brokers.length,
  };
}

function serverProperties(broker: BrokerAddress, dataDirectory: string, { brokers, settings = {} }: KafkaOptions): string {
  const copies = String(brokers.length);
  const inSync = String(brokers.length > 1 ? brokers.length - 1 : 1);
  const doors = {
    PLAINTEXT: `${LOOPBACK}:${broker.port}`,
    ...(broker.securePort !== undefined && { SASL_SSL: `localhost:${broker.securePort}` }),
  };
  const listeners = Object.entries(doors).map(([door, address]) => `${door}://${address}`);
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': String(broker.id),
    'controller.quorum.voters': brokers.map(({ id, controllerPort }) => `${id}@${LOOPBACK}:${controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, `CONTROLLER://${LOOPBACK}:${broker.controllerPort}`].join(','),
    'advertised.listeners': listeners.join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
    'log.dirs': dataDirectory,
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': String(INTERNAL_PARTITIONS),
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': String(INTERNAL_PARTITIONS),
    // Three seconds by default, which every new group would wait.
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    'unclean.leader.election.enable': 'false',
    'num.network.threads': '2',
    'num.io.threads': '2',
    'log.cleaner.dedupe.buffer.size': String(CLEANER_BUFFER_BYTES),
    ...settings,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

const MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];

async function format(serverFile: string, { java, jars, clusterId, scramUsers = {} }: KafkaOptions): Promise<void> {
  const users = Object.entries(scramUsers).flatMap(([name, password]) =>
    MECHANISMS.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]),
  );
  const tool = ['kafka.tools.StorageTool', 'format', '--ignore-formatted', '-t', clusterId, '-c', serverFile, ...users];
  // It runs for a second: the optimising compiler would only cost.
  const jvm = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*')];
  await promisify(execFile)(java, [...jvm, ...tool], { timeout: FORMAT_TIMEOUT_MS });
}

/** To the log file through standard output, without the pages of settings that a broker prints when it starts. */
const LOGGING = `rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c: %m%n
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
`;
