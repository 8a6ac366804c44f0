/**
 * An installation on Kafka, Redis and PostgreSQL in which two fillers can run the transaction pool: whoever runs it is killed, the other one
 * takes over, and now and then a gateway that callers ask is killed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { kafkaProcesses } from '../../../cli/stack/kafka.ts';
import { KAFKA_VERSION, kafkaJars } from '../../../cli/stack/kafka-jars.ts';
import { newClusterId } from '../../../cli/stack/plan.ts';
import { postgresProcess } from '../../../cli/stack/postgres.ts';
import { findProgram } from '../../../cli/stack/programs.ts';
import { redisProcess } from '../../../cli/stack/redis.ts';
import type { Dice } from '../../../simulator/dice.ts';
import { JAR_DIRECTORY } from '../../engines/run-directory.ts';
import { Engine } from '../installation/engine.ts';
import type { Ports } from '../installation/ports.ts';
import { ServerProcess } from './server-process.ts';
import type { AtEnd, Stand, Struck } from './stand.ts';

/** Of the kills that meet somebody else than the one who runs the pool. */
const ELSEWHERE = 0.15;
const POLL_MS = 50;
const OWNER_TIMEOUT_MS = 60_000;
const ASK_TIMEOUT_MS = 2_000;
const POOL = 'transaction-0';

interface Member {
  readonly member: string;
  readonly role: string;
  readonly state: string;
  readonly endpoint: string;
  readonly incarnation: string;
}

export async function installationStand(directory: string, ports: Ports, atEnd: AtEnd): Promise<Stand> {
  const env = await startEngines(directory, ports, atEnd);
  const server = async (name: string, roles: string): Promise<ServerProcess> => {
    const flags = ['--roles', roles, '--member', name];
    const started = new ServerProcess({ name, port: await ports.next(), directory, flags, env });
    atEnd(() => started.kill());
    return started;
  };
  const front = await server('gateway-a', 'gateway,allocator');
  const back = await server('gateway-b', 'gateway');
  const fillers = [await server('filler-a', 'filler'), await server('filler-b', 'filler')];
  // It makes the topics; the others find them.
  front.start();
  await front.ready('/livez');
  for (const other of [back, ...fillers]) other.start();
  await Promise.all([back, ...fillers].map((other) => other.ready('/livez')));
  await ownerOtherThan(front.url, '');
  return {
    ports: [front.port, back.port],
    url: front.url,
    async strike(dice: Dice): Promise<readonly Struck[]> {
      if (dice.chance(ELSEWHERE)) {
        await back.kill();
        back.start();
        await back.ready('/livez');
        return ['serving'];
      }
      const owner = await ownerOtherThan(front.url, '');
      const filler = await fillerOf(front.url, owner.endpoint, fillers);
      await filler.kill();
      filler.start();
      await filler.ready('/livez');
      await ownerOtherThan(front.url, owner.incarnation);
      return ['serving'];
    },
    async end() {
      await Promise.all([front, back, ...fillers].map((each) => each.kill()));
    },
  };
}

async function startEngines(directory: string, ports: Ports, atEnd: AtEnd): Promise<Readonly<Record<string, string>>> {
  mkdirSync(directory, { recursive: true });
  const { env } = process;
  const jars = await kafkaJars({ version: KAFKA_VERSION, directory: JAR_DIRECTORY, env, progress: console.error });
  const brokers = [{ id: 1, port: await ports.next(), controllerPort: await ports.next() }];
  const [kafka] = kafkaProcesses({ java: findProgram('java', env), jars, directory, clusterId: newClusterId(), brokers });
  const redis = redisProcess({ program: findProgram('redis-server', env), name: 'redis', directory, port: await ports.next() });
  const postgres = postgresProcess({ program: findProgram('postgres', env), directory, port: await ports.next() });
  if (kafka === undefined) throw new Error('there is no broker');
  const engines = [kafka, redis, postgres].map((each) => new Engine(each, join(directory, 'logs')));
  for (const engine of engines) atEnd(() => engine.kill());
  await Promise.all(engines.map((engine) => engine.start()));
  return {
    SEQCAST_KAFKA: `127.0.0.1:${kafka.port}`,
    SEQCAST_REDIS: `redis://127.0.0.1:${redis.port}`,
    SEQCAST_POSTGRES: `postgres://seqcast@127.0.0.1:${postgres.port}/seqcast`,
    SEQCAST_TRANSACTIONS_SECRET: 'known to all processes of a campaign',
  };
}

/** Who runs the transaction pool, in another life than that one. */
async function ownerOtherThan(gateway: string, life: string): Promise<Member> {
  for (const endMs = performance.now() + OWNER_TIMEOUT_MS; performance.now() < endMs; await pause(POLL_MS)) {
    const all = await members(gateway);
    const owner = all.find(({ member, state }) => member === POOL && state === 'living');
    if (owner !== undefined && owner.incarnation !== life) return owner;
  }
  throw new Error(`nobody took over from the life ${life} of the transaction pool`);
}

async function fillerOf(gateway: string, endpoint: string, fillers: readonly ServerProcess[]): Promise<ServerProcess> {
  const candidate = (await members(gateway)).find((each) => each.role === 'filler' && each.endpoint === endpoint);
  const found = fillers.find(({ name }) => candidate?.member.startsWith(name));
  if (found === undefined) throw new Error(`nobody is at ${endpoint}, where the transaction pool is said to be`);
  return found;
}

async function members(gateway: string): Promise<readonly Member[]> {
  const response = await fetch(`${gateway}/v1/members`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  return ((await response.json()) as { readonly members: readonly Member[] }).members;
}
