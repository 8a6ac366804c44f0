/**
 * Engines of one test's own, to be killed, frozen and restarted at will. Whoever starts one stops it; what is left over is killed
 * when the run ends.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { type ProcessId, signal, stop } from '../../cli/stack/detached-process.ts';
import { type EngineProcess, LOOPBACK } from '../../cli/stack/engine-process.ts';
import { type BrokerAddress, kafkaProcesses } from '../../cli/stack/kafka.ts';
import { KAFKA_VERSION, kafkaJars } from '../../cli/stack/kafka-jars.ts';
import { newClusterId } from '../../cli/stack/plan.ts';
import { freePort, isFree } from '../../cli/stack/ports.ts';
import { findProgram } from '../../cli/stack/programs.ts';
import { redisProcess } from '../../cli/stack/redis.ts';
import { start } from '../../cli/stack/starting.ts';
import { JAR_DIRECTORY, PROCESS_FILE } from './run-directory.ts';
import { untilStopped } from './stopped.ts';

/** One process that a test may ill-treat. */
export interface PrivateProcess {
  readonly port: number;
  readonly pid: number;
  /** Ends it in good order; its files stay for `restart`. */
  stop(): Promise<void>;
  /** kill -9, and resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections and says nothing. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): Promise<void>;
  /** Ends it if it runs, and starts it on the same port with the same files. */
  restart(): Promise<void>;
}

export interface PrivateRedis extends PrivateProcess {
  readonly url: string;
  /** What `redis-cli ARGS` prints. */
  cli(...args: string[]): Promise<string>;
}

export interface PrivateKafka {
  readonly brokers: readonly string[];
  /** In the order of `brokers`. */
  readonly processes: readonly PrivateProcess[];
  /** `localhost:port` of the doors that ask for TLS and SCRAM, where there are users. */
  readonly secureBrokers: readonly string[];
  /** Ends all of them and removes their files. */
  stop(): Promise<void>;
}

export interface PrivateRedisOptions {
  /** Further arguments of redis-server, such as ['--appendonly', 'yes']. */
  readonly args?: readonly string[];
  /** Port of the Redis that it copies. */
  readonly replicaOf?: number;
  readonly port?: number;
}

export interface PrivateKafkaOptions {
  /** One where left out. */
  readonly brokers?: 1 | 3;
  readonly version?: string;
  /** Further lines of server.properties. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Opens `secureBrokers`: TLS with this certificate, and these users with PLAIN or SCRAM. */
  readonly secure?: Secure;
}

interface Secure {
  readonly certFile: string;
  /** PKCS#8, as `openssl req -nodes` writes it. */
  readonly keyFile: string;
  /** Name and password of each. */
  readonly users: Readonly<Record<string, string>>;
}

export async function startRedis({ args = [], replicaOf, port }: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const directory = scratch();
  const program = findProgram('redis-server', process.env);
  const own = redisProcess({
    program,
    name: 'redis',
    directory,
    port: port ?? (await freePort(new Set())),
    args,
    ...(replicaOf !== undefined && { replicaOf }),
  });
  const handle = await startPrivate(own, directory);
  const redisCli = findProgram('redis-cli', process.env);
  return Object.assign(handle, {
    url: `redis://${LOOPBACK}:${own.port}`,
    cli: async (...words: string[]) => (await promisify(execFile)(redisCli, ['-p', String(own.port), ...words])).stdout.trim(),
  });
}

export async function startKafka(options: PrivateKafkaOptions = {}): Promise<PrivateKafka> {
  const { brokers = 1, version = KAFKA_VERSION, settings = {}, secure } = options;
  const directory = scratch();
  const java = findProgram('java', process.env);
  const jars = await kafkaJars({ version, directory: JAR_DIRECTORY, env: process.env, progress: console.log });
  const taken = new Set<number>();
  const port = async () => {
    const free = await freePort(taken);
    taken.add(free);
    return free;
  };
  const addresses: BrokerAddress[] = [];
  for (let id = 1; id <= brokers; id++) {
    const door = secure === undefined ? {} : { securePort: await port() };
    addresses.push({ id, port: await port(), controllerPort: await port(), ...door });
  }
  const planned = kafkaProcesses({
    ...{ java, jars, directory, clusterId: newClusterId(), brokers: addresses },
    settings: { ...(secure !== undefined && secureSettings(secure, directory)), ...settings },
    ...(secure !== undefined && { scramUsers: secure.users }),
  });
  const processes = await Promise.all(planned.map((each) => startPrivate(each, directory)));
  return {
    brokers: addresses.map((each) => `${LOOPBACK}:${each.port}`),
    secureBrokers: addresses.flatMap(({ securePort }) => (securePort === undefined ? [] : [`localhost:${securePort}`])),
    processes,
    async stop() {
      // Killed: brokers that hand over to each other while all of them end take seconds, and nothing is to be kept.
      await Promise.all(processes.map((each) => each.kill()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const PORT_TRIES = 50;
const PORT_PAUSE_MS = 100;

const SCRAM_LOGINS = {
  'scram-sha-256': 'scram.ScramLoginModule required',
  'scram-sha-512': 'scram.ScramLoginModule required',
};

function secureSettings({ certFile, keyFile, users }: Secure, directory: string): Record<string, string> {
  const keystore = join(directory, 'keystore.pem');
  writeFileSync(keystore, readFileSync(keyFile, 'utf8') + readFileSync(certFile, 'utf8'), { mode: 0o600 });
  const plainUsers = Object.entries(users).map(([name, password]) => ` user_${name}="${password}"`);
  const logins = { plain: `plain.PlainLoginModule required${plainUsers.join('')}`, ...SCRAM_LOGINS };
  const loginSettings = Object.entries(logins).map(([mechanism, login]) => [
    `listener.name.sasl_ssl.${mechanism}.sasl.jaas.config`,
    `org.apache.kafka.common.security.${login};`,
  ]);
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    ...(Object.fromEntries(loginSettings) as Record<string, string>),
  };
}

async function startPrivate(engine: EngineProcess, directory: string): Promise<PrivateProcess> {
  let id: ProcessId | undefined;
  const end = async (how: NodeJS.Signals) => {
    if (id === undefined) return;
    // A frozen process cannot hear that it is to end.
    await signal(id, 'SIGCONT');
    await stop(id, how);
    id = undefined;
  };
  const begin = async () => {
    await start(engine, join(directory, 'logs'), (started) => {
      id = started;
      writeFileSync(join(directory, `${engine.name}${PROCESS_FILE}`), JSON.stringify(started));
    });
  };
  await begin();
  return {
    port: engine.port,
    get pid() {
      return id?.pid ?? 0;
    },
    stop: () => end(engine.stopSignal),
    kill: () => end('SIGKILL'),
    async freeze() {
      if (id === undefined) return;
      await signal(id, 'SIGSTOP');
      await untilStopped(id.pid);
    },
    thaw: async () => void (id !== undefined && (await signal(id, 'SIGCONT'))),
    async restart() {
      await end(engine.stopSignal);
      // Whoever looks for a port of its own holds each that it tries for a moment.
      for (let tries = 0; tries < PORT_TRIES && !(await isFree(engine.port)); tries++) await pause(PORT_PAUSE_MS);
      await begin();
    },
  };
}

/** Below the run's own directory, which the set-up empties at the end, of processes too. */
function scratch(): string {
  const directory = mkdtempSync(join(inject('engineDirectory'), 'private-'));
  chmodSync(directory, 0o755);
  return directory;
}
