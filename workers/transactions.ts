/**
 * The transaction pool in an installation of several processes: every filler that knows its PostgreSQL can run it, one does, the others
 * stand by. Which one is a matter of speed only; the store and the ledger refuse every life but the last.
 */
import { LIVE_METER } from '../pipelines/consumption.ts';
import type { Registrar } from '../pipelines/ports.ts';
import { Membership } from './runtime/members/membership.ts';
import { caughtUp, ownedCalls } from './runtime/reservations/owned-calls.ts';
import type { PoolCalls } from './runtime/reservations/pool-calls.ts';
import { openPoolDoor } from './runtime/reservations/pool-door.ts';
import { PoolKeeper } from './runtime/reservations/pool-keeper.ts';
import { candidateName } from './runtime/reservations/pool-word.ts';
import { ReservationCounts } from './runtime/reservations/reservation-counts.ts';
import { countReservations } from './runtime/reservations/reservation-metrics.ts';
import type { ProcessParts, Worker } from './runtime/shared/process-parts.ts';

const TICK_MS = 100;
/** Four of them without a word of the owner, and the next one takes over. */
const BEAT_MS = 500;

export type TransactionStore = Registrar & { close(): Promise<void> };

/** `store`: that of the pool, which this closes. */
export async function startTransactions(parts: ProcessParts, store: TransactionStore): Promise<Worker> {
  const { config, member, incarnation, log, clock, monotonicMs, reader, partitionCount, members, metrics, logger, onFailure } = parts;
  const { transactionsHost: host, transactionsPort: port, transactionsSecret: secret } = config;
  let calls: PoolCalls | undefined;
  const door = await openPoolDoor({ host, port, secret, calls: () => calls, caughtUp: caughtUp(reader, monotonicMs) });
  const pool = { registrar: store, reader, log, clock, monotonicMs, partitionCount, meter: LIVE_METER, onFailure };
  const keeper = new PoolKeeper({
    ...{ member, endpoint: door.url, members, log, clock, pool, counts: new ReservationCounts(), logger },
    onPool(running) {
      calls = running && ownedCalls({ pool: running, reader, clock, monotonicMs, partitionCount });
    },
  });
  countReservations(metrics, keeper);
  const name = candidateName(member);
  const standing = new Membership({ member: name, role: 'filler', incarnation, endpoint: door.url, log, clock, onFailure });
  standing.say('joined');
  const beat = (): void => {
    standing.say('heartbeat');
    keeper.beat();
  };
  const timers = [setInterval(() => keeper.tick(), TICK_MS), setInterval(beat, BEAT_MS)];
  parts.noticing.push(() => (keeper.problem === undefined ? [] : [keeper.problem]));
  return {
    role: 'transactions',
    problems: () => [],
    async close() {
      for (const timer of timers) clearInterval(timer);
      await keeper.close();
      await door.close();
      await standing.leave();
      await store.close();
    },
  };
}
