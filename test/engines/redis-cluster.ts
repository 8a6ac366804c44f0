/** A Redis Cluster of one test's own: three primaries, and replicas where they are asked for. */
import { freePort } from '../../cli/stack/ports.ts';
import { type PrivateRedis, startRedis } from './private-engines.ts';

/** First and last slot of each primary. */
const SLOTS = ['0 5460', '5461 10922', '10923 16383'];
/** As small as a busy machine allows: who is silent for longer is voted out. */
const NODE_TIMEOUT_MS = 2_000;
const LOOK_MS = 50;

export interface PrivateRedisCluster {
  readonly primaries: readonly PrivateRedis[];
  /** Each copies the primary of its place. */
  readonly replicas: readonly PrivateRedis[];
  /** Gives a slot to another primary, by their ids. */
  moveSlot(slot: string, from: string, to: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedisCluster({ replicas = 0 }: { readonly replicas?: number } = {}): Promise<PrivateRedisCluster> {
  const taken = new Set<number>();
  const servers: PrivateRedis[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill()));
  };
  const newPort = async (): Promise<number> => {
    const port = await freePort(taken);
    taken.add(port);
    return port;
  };
  const join = async (): Promise<PrivateRedis> => {
    const busPort = String(await newPort());
    const server = await startRedis({ port: await newPort(), args: settings(busPort) });
    servers.push(server);
    if (servers.length > 1) await servers[0]?.cli('CLUSTER', 'MEET', '127.0.0.1', String(server.port), busPort);
    return server;
  };
  try {
    const primaries: PrivateRedis[] = [];
    for (const slots of SLOTS) {
      const server = await join();
      await server.cli('CLUSTER', 'ADDSLOTSRANGE', ...slots.split(' '));
      primaries.push(server);
    }
    const copies: PrivateRedis[] = [];
    for (let index = 0; index < replicas; index++) copies.push(await join());
    for (const server of servers) await until(async () => (await server.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    for (const [index, copy] of copies.entries()) {
      const id = await (primaries[index] as PrivateRedis).cli('CLUSTER', 'MYID');
      // It hears of everybody by gossip.
      await until(async () => (await copy.cli('CLUSTER', 'REPLICATE', id).catch(String)).includes('OK'));
      await until(async () => (await copy.cli('INFO', 'replication')).includes('master_link_status:up'));
    }
    const named = async (id: string): Promise<PrivateRedis> => {
      for (const server of servers) if ((await server.cli('CLUSTER', 'MYID').catch(() => '')) === id) return server;
      throw new Error(`no server is called ${id}`);
    };
    return {
      primaries,
      replicas: copies,
      stop,
      async moveSlot(slot, from, to) {
        const [source, target] = await Promise.all([named(from), named(to)]);
        await target.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from);
        await source.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to);
        // The new owner first: it tells all others, with a vote of its own.
        for (const server of [target, source]) await server.cli('CLUSTER', 'SETSLOT', slot, 'NODE', to);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function settings(busPort: string): string[] {
  return [
    ...['--cluster-enabled', 'yes', '--cluster-port', busPort, '--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
    ...['--cluster-require-full-coverage', 'no', '--cluster-allow-replica-migration', 'no', '--cluster-replica-validity-factor', '0'],
  ];
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
