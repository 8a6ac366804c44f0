/**
 * Two servers that fail over to each other, lag, die, freeze and reload old data, while callers take from either and a filler loads,
 * takes back and loads again elsewhere what it got back. Every ordinal may come once.
 */
import { librarySource } from '../../../adapters/redis/library.ts';
import { openRedisStock, type RedisStock } from '../../../adapters/redis/stock.ts';
import type { Interval } from '../../../core/interval.ts';
import { chance, pause } from '../../conformance/harness.ts';
import { type PrivateRedis, startRedis } from '../../engines/engines.ts';
import { outcomeOf, STREAM } from './stock-life.ts';

const CALLERS = 8;
const SHARD_SIZE = 3_000;
/** Short, so that a frozen server holds nobody up for long. */
const COMMAND_TIMEOUT_MS = 150;
const SETTINGS = ['--enable-debug-command', 'yes', '--appendonly', 'yes', '--repl-diskless-load', 'swapdb'];

export interface ChaosReport {
  readonly faults: number;
  readonly lives: number;
  readonly taken: number;
  /** Ordinals that came back and were loaded again. */
  readonly recovered: number;
  readonly duplicates: readonly number[];
}

interface Node {
  readonly server: PrivateRedis;
  readonly stock: RedisStock;
}

/** `source`: the library that the servers hold; another than ours shows what the check is worth. */
export async function runChaos(seed: number, durationMs: number, source = librarySource()): Promise<ChaosReport> {
  const pick = chance(seed);
  const nodes: Node[] = [];
  for (let index = 0; index < 2; index++) {
    const server = await startRedis({ args: SETTINGS });
    await server.cli('FUNCTION', 'LOAD', source);
    nodes.push({ server, stock: await openRedisStock({ url: server.url, commandTimeoutMs: COMMAND_TIMEOUT_MS }) });
  }
  const issued = new Set<number>();
  const duplicates: number[] = [];
  const lives = new Set<string>();
  const free: Interval[] = [];
  const loaded: { node: Node; life: string; shard: number }[] = [];
  let primary = nodes[0] as Node;
  let fresh = 0;
  let shards = 0;
  let faults = 0;
  let recovered = 0;
  let isOver = false;

  const other = (): Node => (primary === nodes[0] ? nodes[1] : nodes[0]) as Node;
  const someNode = (): Node => (pick(100) < 80 ? primary : other());

  async function caller(): Promise<void> {
    while (!isOver) {
      const count = 1 + pick(20);
      const reply = await someNode()
        .stock.take(STREAM, count, pick(4) === 0)
        .catch(() => undefined);
      if (reply?.outcome !== 'taken') {
        await pause(2);
        continue;
      }
      for (const { start, count: size } of reply.blocks) {
        for (let ordinal = start; ordinal < start + size; ordinal++) {
          if (issued.has(ordinal)) duplicates.push(ordinal);
          issued.add(ordinal);
        }
      }
    }
  }

  async function takeBack(node: Node, life: string, shard: number): Promise<void> {
    const reply = await node.stock.revoke(life, 0, shard).catch(() => undefined);
    // Whatever else it says, or when it says nothing: burnt.
    if (reply?.outcome !== 'revoked' || reply.incarnation !== life) return;
    free.push(...reply.slices);
    for (const { start, end } of reply.slices) recovered += end - start;
    await node.stock.forget(life, 0, shard).catch(() => undefined);
  }

  async function filler(): Promise<void> {
    while (!isOver) {
      const node = someNode();
      const life = await node.stock.hello().catch(() => undefined);
      if (life !== undefined) {
        lives.add(life);
        const slice = free.pop() ?? { start: fresh, end: fresh + SHARD_SIZE };
        if (slice.start === fresh) fresh = slice.end;
        const shard = ++shards;
        // A pause in which the server may lose this life.
        if (pick(5) === 0) await pause(pick(100));
        const place = { stream: STREAM, sequence: 'orders', generation: 1, partition: 0, shard, ordered: false };
        const outcome = await outcomeOf(node.stock.load(life, { ...place, ...slice }));
        if (outcome === 'loaded') loaded.push({ node, life, shard });
        else if (outcome.startsWith('SEQ_')) await takeBack(node, life, shard);
        const old = pick(3) === 0 ? loaded.splice(pick(loaded.length), 1)[0] : undefined;
        if (old !== undefined) await takeBack(old.node, old.life, old.shard);
      }
      await pause(15);
    }
  }

  const follow = (node: Node, leader: Node) => node.server.cli('REPLICAOF', '127.0.0.1', String(leader.server.port));

  const kinds: (() => Promise<unknown>)[] = [
    async function failOver() {
      const [old, next] = [primary, other()];
      await next.server.cli('REPLICAOF', 'NO', 'ONE');
      primary = next;
      // Both serve for a while; then the old one takes over the other's data.
      await pause(pick(200));
      await follow(old, next);
    },
    async function killPrimary() {
      await primary.server.kill();
      await primary.server.restart();
      await follow(other(), primary);
    },
    async function killOther() {
      await other().server.kill();
      await other().server.restart();
      await pause(pick(100));
      await follow(other(), primary);
    },
    () => primary.server.cli('DEBUG', 'RELOAD', 'NOSAVE'),
    () => primary.server.cli('DEBUG', 'LOADAOF'),
    () => primary.server.cli('SAVE'),
    () => primary.server.cli('FLUSHALL'),
    () => primary.server.cli('FUNCTION', 'LOAD', 'REPLACE', source),
    async function freeze() {
      const { server } = primary;
      await server.freeze();
      await pause(100 + pick(300));
      await server.thaw();
    },
  ];

  async function faulty(): Promise<void> {
    while (!isOver) {
      await pause(100 + pick(200));
      await kinds[pick(kinds.length)]?.();
      faults++;
    }
  }

  try {
    const work = [filler(), faulty(), ...Array.from({ length: CALLERS }, caller)];
    await pause(durationMs);
    isOver = true;
    await Promise.all(work);
  } finally {
    isOver = true;
    for (const { stock, server } of nodes) {
      await stock.close();
      // In good order it would wait for its replica to catch up.
      await server.kill();
    }
  }
  return { faults, lives: lives.size, taken: issued.size, recovered, duplicates };
}
