/**
 * The allocator worker: decides how much to hand to whom. Every allocator folds every partition; the group only says who answers at
 * once, and whoever does not own a partition answers what its owner leaves unanswered.
 */
import { TOPICS } from '../schemas/topics.ts';
import { Allocator } from './runtime/allocator.ts';
import { LedgerCounts } from './runtime/ledger/ledger-counts.ts';
import { Membership } from './runtime/members/membership.ts';
import { countPlacement, ToldMoves } from './runtime/members/told-moves.ts';
import { PoolDrains } from './runtime/shared/pool-drains.ts';
import { ORDER_LEASE_MS } from './runtime/shared/pool-presence.ts';
import { PoolRoutes } from './runtime/shared/pool-routes.ts';
import type { ProcessParts, Worker } from './runtime/shared/process-parts.ts';
import { RouteWriter } from './runtime/shared/route-writer.ts';

const GROUP = 'seqcast-allocators';
/** A standby looks this often at what was left unanswered. */
const TICK_MS = 100;
const BEAT_MS = 1_000;
/** A proposal that was not read back by then is decided again: well above the append latency of Kafka. */
const REDECIDE_MS = 250;
/** A former life may serve ordered streams until its lease ends; the margin is for clocks and for what was on its way. */
const LOSS_DELAY_MS = ORDER_LEASE_MS + 2_000;
/** Callers that go on asking elsewhere for so long cannot reach the pool of their stream. */
const MOVE_AFTER_MS = 1_500;

export async function startAllocator(parts: ProcessParts): Promise<Worker> {
  const {
    member,
    incarnation,
    log,
    clock,
    reader,
    partitionCount,
    groups,
    routes,
    members,
    metrics,
    deadLetters,
    logger,
    saved,
    onFailure,
  } = parts;
  const told = new ToldMoves({ member, log, logger, onFailure });
  const allocator = new Allocator({
    reader,
    log,
    clock,
    partitionCount,
    redecideMs: REDECIDE_MS,
    onFailure,
    // Every allocator reads every partition; its owner puts the record aside.
    onPoison: (topic, partition, entry, error) => {
      if (saved.has(partition)) deadLetters.add(topic, partition, entry, error);
    },
    member,
    orderLeaseMs: LOSS_DELAY_MS,
    moveAfterMs: MOVE_AFTER_MS,
    onMove: (move, nowMs) => told.tell(move, nowMs),
  });
  const drains = new PoolDrains(routes, (pools) => allocator.drain(pools));
  const ledger = new LedgerCounts(reader);
  const takeOvers = (): { count: number; lastAtMs: number } => allocator.takeOvers();
  const membership = new Membership({ member, role: 'allocator', incarnation, endpoint: '', log, clock, onFailure, takeOvers });
  let routeProblem: string | undefined;
  const writer = new RouteWriter({
    routes,
    reader,
    isOwned: (partition) => saved.has(partition),
    onProblem: (error) => {
      routeProblem = `the route table cannot be written: ${error instanceof Error ? error.message : String(error)}`;
      logger.warn({ err: error }, 'the route table cannot be written');
    },
    onWritten: () => {
      routeProblem = undefined;
    },
  });
  const poolRoutes = new PoolRoutes({ members, writer, isWriting: () => saved.has(0) });
  await drains.start();
  await allocator.start();
  membership.say('joined');
  const onOwned = (partitions: readonly number[]): void => {
    logger.info({ partitions }, 'owns');
    allocator.own(partitions);
    saved.clear();
    for (const partition of partitions) saved.add(partition);
    membership.owns(partitions);
  };
  const topics = [TOPICS.orders.name, TOPICS.forecasts.name, TOPICS.announcements.name];
  const group = await groups.join({ group: GROUP, topics, onOwned, onError: onFailure });
  writer.start();
  const timers = [
    setInterval(() => allocator.tick(), TICK_MS),
    setInterval(() => membership.say('heartbeat'), BEAT_MS),
    setInterval(() => poolRoutes.look(), BEAT_MS),
  ];
  metrics.show('seqcast_owned_partitions', () => membership.partitions.length);
  countPlacement(metrics, { allocator, told, draining: () => drains.pools() });
  metrics.show('seqcast_lost_pools_total', () => ledger.lostPools);
  metrics.show('seqcast_taken_over_orders_total', () => allocator.takeOvers().count);
  return {
    role: 'allocator',
    problems: () => (routeProblem === undefined ? [] : [routeProblem]),
    async close() {
      for (const timer of timers) clearInterval(timer);
      await group.close();
      allocator.own([]);
      await membership.leave();
      await drains.close();
      await allocator.close();
      await told.close();
      await writer.close();
    },
  };
}
