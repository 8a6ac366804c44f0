/**
 * Which stream belongs on which pool: a new one on the pool that is least loaded with it, and a bounded number of moves where a pool
 * drains, is over its band, has room that others lack, or has lost the stream's slot. A function of the snapshot alone: equal views give
 * equal plans. No stream is put on a primary of a Redis Cluster that does not own its slot.
 *
 * A move for balance goes only from the fuller to the emptier pool and leaves it emptier still: the largest load falls, or stays, with
 * every plan, so that plans carried out one after the other come to an end. Between the band in which a move begins and the level at
 * which it ends, and within a stream's cool-down, nothing is moved: noise of a forecast does not make streams go to and fro.
 */

import { leastLoaded, ratioOf, rise, type Seat, seated, seatsOf, sit } from './seats.ts';
import { mayServe, slotOf } from './slots.ts';
import type { PlacementSnapshot, StreamSnapshot } from './snapshot.ts';

/** A pool is over its band at so many times the mean, and brought down to so many times of it. */
const BAND = 1.2;
const SETTLED = 1.05;
/** And only where it is so much of its capacity above the mean: a fifth more than nearly nothing is nothing. */
const FLOOR = 0.05;
/** A stream that changes no more of its pool's load than this is not worth its move. */
const WORTH_MIN = 0.001;
/** A pool counts as one that joined for so long. */
const JOINED_MS = 15 * 60_000;

/** `slot`: the stream's slot belongs to another primary of the Cluster now. */
export type MoveReason = 'over' | 'joined' | 'drain' | 'slot';

export interface PlannedMove {
  readonly stream: string;
  readonly from: string;
  readonly to: string;
  readonly reason: MoveReason;
  /** In words and numbers. */
  readonly why: string;
  /** Relative loads before the move. */
  readonly fromLoad: number;
  readonly toLoad: number;
}

export interface PlannedAssignment {
  readonly stream: string;
  readonly pool: string;
}

export interface PlacementPlan {
  readonly assignments: readonly PlannedAssignment[];
  readonly moves: readonly PlannedMove[];
  /** Streams that were found on a pool which does not own their slot. */
  readonly strays: number;
}

export interface PlacementLimits {
  /** Moves of this plan that must be, off draining pools and to the owners of slots; and those for balance. */
  readonly drainMovesMax: number;
  readonly balanceMovesMax: number;
  /** No stream is moved for balance again within so long. */
  readonly coolDownMs: number;
}

export function planPlacement(snapshot: PlacementSnapshot, limits: PlacementLimits): PlacementPlan {
  const seats = seatsOf(snapshot.pools);
  const assignments: PlannedAssignment[] = [];
  for (const stream of seated(snapshot, seats)) {
    const seat = leastLoaded(seats.values(), stream);
    if (seat === undefined) continue;
    sit(seat, stream);
    assignments.push({ stream: stream.stream, pool: seat.pool.pool });
  }
  const canMove = (stream: StreamSnapshot): boolean => stream.isMovable && snapshot.nowMs - stream.movedAtMs >= limits.coolDownMs;
  const moved = new Set<StreamSnapshot>();
  const isFree = (stream: StreamSnapshot): boolean => canMove(stream) && !moved.has(stream);
  // Nothing comes back to a pool that drains, so there is no to and fro to be cooled down.
  const mayLeave = (stream: StreamSnapshot): boolean => stream.isMovable && !moved.has(stream);
  const drained = drainMoves(seats, mayLeave, moved, limits.drainMovesMax);
  const strays = straysOf(seats);
  const led = slotMoves(seats, strays, mayLeave, moved, limits.drainMovesMax - drained.length);
  const balanced = balanceMoves(seats, isFree, moved, snapshot.nowMs, limits);
  return { assignments, moves: [...drained, ...led, ...balanced], strays: strays.length };
}

function straysOf(seats: ReadonlyMap<string, Seat>): (readonly [Seat, StreamSnapshot])[] {
  const strays: (readonly [Seat, StreamSnapshot])[] = [];
  for (const seat of seats.values()) {
    if (seat.pool.slots === undefined) continue;
    for (const stream of seat.streams) if (!mayServe(seat.pool.slots, stream.stream)) strays.push([seat, stream]);
  }
  return strays;
}

/** Callers cannot reach them any more where they are: the Cluster leads them to the owner of the slot. */
function slotMoves(
  seats: ReadonlyMap<string, Seat>,
  strays: readonly (readonly [Seat, StreamSnapshot])[],
  mayLeave: (stream: StreamSnapshot) => boolean,
  moved: Set<StreamSnapshot>,
  movesMax: number,
): PlannedMove[] {
  const moves: PlannedMove[] = [];
  for (const [from, stream] of strays) {
    if (moves.length >= movesMax) break;
    const to = mayLeave(stream) ? leastLoaded(seats.values(), stream) : undefined;
    if (to === undefined) continue;
    moved.add(stream);
    moves.push(carried(from, to, stream, 'slot', `${from.pool.pool} does not own slot ${slotOf(stream.stream)} any more`));
  }
  return moves;
}

function drainMoves(
  seats: Map<string, Seat>,
  mayLeave: (stream: StreamSnapshot) => boolean,
  moved: Set<StreamSnapshot>,
  movesMax: number,
): PlannedMove[] {
  const moves: PlannedMove[] = [];
  for (const from of seats.values()) {
    if (from.pool.state !== 'draining') continue;
    for (const stream of [...from.streams]) {
      if (moves.length >= movesMax) return moves;
      const to = mayLeave(stream) ? leastLoaded(seats.values(), stream) : undefined;
      if (to === undefined) continue;
      const left = from.streams.size;
      const why = `${from.pool.pool} drains, ${left} streams left; ${to.pool.pool} is the least loaded at ${shown(ratioOf(to))}`;
      moved.add(stream);
      moves.push(carried(from, to, stream, 'drain', why));
    }
  }
  return moves;
}

/** At the start of a plan it is decided who gives and who takes; both go on to the settled level, as far as the limit allows. */
function balanceMoves(
  seats: Map<string, Seat>,
  isFree: (stream: StreamSnapshot) => boolean,
  moved: Set<StreamSnapshot>,
  nowMs: number,
  { balanceMovesMax }: PlacementLimits,
): PlannedMove[] {
  const moves: PlannedMove[] = [];
  for (const kind of new Set([...seats.values()].map(({ pool }) => pool.kind))) {
    const living = [...seats.values()].filter(({ pool }) => pool.kind === kind && pool.state === 'living');
    const mean = living.reduce((sum, seat) => sum + ratioOf(seat), 0) / living.length;
    const over = new Set(living.filter((seat) => isOver(ratioOf(seat), mean)));
    const under = new Set(living.filter((seat) => seat.accepts && isOver(mean, ratioOf(seat))));
    while (moves.length < balanceMovesMax) {
      const move = nextMove(living, { over, under, mean, isFree, nowMs });
      if (move === undefined) break;
      moved.add(move.stream);
      moves.push(carried(move.from, move.to, move.stream, move.reason, move.why));
    }
  }
  return moves;
}

interface Imbalance {
  readonly over: ReadonlySet<Seat>;
  readonly under: ReadonlySet<Seat>;
  readonly mean: number;
  readonly isFree: (stream: StreamSnapshot) => boolean;
  readonly nowMs: number;
}

interface FoundMove {
  readonly from: Seat;
  readonly to: Seat;
  readonly stream: StreamSnapshot;
  readonly reason: MoveReason;
  readonly why: string;
}

function nextMove(living: readonly Seat[], { over, under, mean, isFree, nowMs }: Imbalance): FoundMove | undefined {
  for (const from of [...living].sort((a, b) => ratioOf(b) - ratioOf(a))) {
    const ratio = ratioOf(from);
    const isAbove = over.has(from) && ratio > SETTLED * mean;
    for (const to of [...living].sort((a, b) => ratioOf(a) - ratioOf(b))) {
      const isBelow = under.has(to) && ratioOf(to) < mean / SETTLED && ratio > mean;
      if (to === from || !to.accepts || !(isAbove || isBelow)) continue;
      const stream = largestThatFits(from, to, isFree);
      if (stream === undefined) continue;
      const joined = isBelow && nowMs - to.pool.joinedAtMs < JOINED_MS;
      const source = `${from.pool.pool} is at ${shown(ratio)} of its capacity, the mean is ${shown(mean)}`;
      const target = `${to.pool.pool} ${joined ? 'joined and ' : ''}comes from ${shown(ratioOf(to))} to ${shown(ratioOf(to, stream))}`;
      return { from, to, stream, reason: isAbove ? 'over' : 'joined', why: `${source}; ${target}` };
    }
  }
  return undefined;
}

/** The stream that relieves its pool most, and does not make the other one the fuller of the two. */
function largestThatFits(from: Seat, to: Seat, isFree: (stream: StreamSnapshot) => boolean): StreamSnapshot | undefined {
  const before = ratioOf(from);
  let best: StreamSnapshot | undefined;
  let most = WORTH_MIN;
  for (const stream of from.streams) {
    if (!isFree(stream) || !mayServe(to.pool.slots, stream.stream)) continue;
    const after = ratioOf(from, stream, -1);
    const relief = before - after;
    if (relief <= most || ratioOf(to, stream) > after) continue;
    best = stream;
    most = relief;
  }
  return best;
}

function carried(from: Seat, to: Seat, stream: StreamSnapshot, reason: MoveReason, why: string): PlannedMove {
  const move = {
    stream: stream.stream,
    from: from.pool.pool,
    to: to.pool.pool,
    reason,
    why,
    fromLoad: ratioOf(from),
    toLoad: ratioOf(to),
  };
  rise(from, stream);
  sit(to, stream);
  return move;
}

function isOver(ratio: number, than: number): boolean {
  return ratio > BAND * than && ratio - than > FLOOR;
}

function shown(ratio: number): string {
  return ratio.toFixed(ratio < 0.1 ? 4 : 2);
}
