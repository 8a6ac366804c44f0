/** The pools while a plan is made: what each would carry after the moves planned so far. */
import { mayServe } from './slots.ts';
import { acceptsMore, type Load, type PlacementSnapshot, type PoolSnapshot, relativeLoad, type StreamSnapshot } from './snapshot.ts';

export interface Seat {
  readonly pool: PoolSnapshot;
  readonly accepts: boolean;
  readonly streams: Set<StreamSnapshot>;
  load: Load;
}

const NOTHING: Load = { operationsPerSecond: 0, values: 0, bytes: 0 };

/** By name, so that nothing depends on the order in which pools were heard of. */
export function seatsOf(pools: readonly PoolSnapshot[]): Map<string, Seat> {
  const sorted = [...pools].sort((a, b) => (a.pool < b.pool ? -1 : 1));
  return new Map(
    sorted.map((pool) => [pool.pool, { pool, accepts: acceptsMore(pool), streams: new Set<StreamSnapshot>(), load: NOTHING }]),
  );
}

/** Seats every stream that has a pool; returns those that need one. All in the order of their names. */
export function seated({ streams }: PlacementSnapshot, seats: ReadonlyMap<string, Seat>): StreamSnapshot[] {
  const homeless: StreamSnapshot[] = [];
  for (const stream of [...streams].sort((a, b) => (a.stream < b.stream ? -1 : 1))) {
    const seat = stream.pool === undefined ? undefined : seats.get(stream.pool);
    if (seat === undefined || seat.pool.state === 'lost') homeless.push(stream);
    else sit(seat, stream);
  }
  return homeless;
}

export function sit(seat: Seat, stream: StreamSnapshot): void {
  seat.streams.add(stream);
  seat.load = combined(seat.load, stream.predicted, 1);
}

export function rise(seat: Seat, stream: StreamSnapshot): void {
  seat.streams.delete(stream);
  seat.load = combined(seat.load, stream.predicted, -1);
}

/** Relative load of a seat, with a stream more (1) or less (-1). */
export function ratioOf(seat: Seat, stream?: StreamSnapshot, sign: 1 | -1 = 1): number {
  const load = stream === undefined ? seat.load : combined(seat.load, stream.predicted, sign);
  return relativeLoad(load, seat.pool.capacity);
}

/** The seat that is least loaded once the stream sits there; of equals the first by name. */
export function leastLoaded(seats: Iterable<Seat>, stream: StreamSnapshot): Seat | undefined {
  let best: Seat | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const seat of seats) {
    if (!seat.accepts || seat.pool.kind !== stream.kind) continue;
    if (!mayServe(seat.pool.slots, stream.stream)) continue;
    const ratio = ratioOf(seat, stream);
    if (ratio >= least) continue;
    best = seat;
    least = ratio;
  }
  return best;
}

/** Sums of doubles end a hair below zero where everything was taken away again. */
function combined(a: Load, b: Load, sign: 1 | -1): Load {
  return {
    operationsPerSecond: Math.max(0, a.operationsPerSecond + sign * b.operationsPerSecond),
    values: Math.max(0, a.values + sign * b.values),
    bytes: Math.max(0, a.bytes + sign * b.bytes),
  };
}
