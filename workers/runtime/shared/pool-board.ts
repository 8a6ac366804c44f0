/** The pools of an installation as a gateway tells of them, and an operator's word that one is to be empty. */
import { SequenceError } from '../../../core/errors.ts';
import type { RangesState } from '../../../core/ledger/ranges.ts';
import { type FoldedPartition, streamsIn } from '../../../pipelines/placement.ts';
import type { Clock } from '../../../pipelines/ports.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { MemberDirectory } from '../members/member-directory.ts';
import type { MoveJournal } from '../members/move-journal.ts';
import { type MemberView, type PoolsView, type PoolView, poolView } from '../members/pool-views.ts';
import type { PoolDrains } from './pool-drains.ts';

const HOUR_MS = 3_600_000;
/** Moves that one answer lists; the rest is in the topic. */
const LISTED_MAX = 100;

export interface PoolBoardOptions {
  readonly clock: Clock;
  readonly members: MemberDirectory;
  readonly drains: PoolDrains;
  readonly journal: MoveJournal;
  readonly reader: Pick<LedgerReader, 'ranges' | 'shards'>;
}

export class PoolBoard {
  readonly #options: PoolBoardOptions;
  readonly #partitions: readonly FoldedPartition[];

  constructor(options: PoolBoardOptions) {
    this.#options = options;
    const { ranges, shards } = options.reader;
    const rangesOf = (partition: number): RangesState => ranges[partition] as RangesState;
    this.#partitions = shards.map((each) => ({ shards: each, ranges: rangesOf, partitionCount: shards.length }));
  }

  pools(): PoolsView {
    const moves = this.#options.journal.lately(HOUR_MS);
    const movedIn = counted(moves.map(({ to }) => to));
    const movedOut = counted(moves.map(({ from }) => from));
    const pools = this.#options.members.pools().map(({ event, view }) => this.#view(event, view, movedIn, movedOut));
    return { pools, moves: moves.slice(0, LISTED_MAX) };
  }

  async drain(pool: string): Promise<PoolView> {
    const { clock, drains } = this.#options;
    const { streams, kind } = this.#pool(pool);
    if (kind === 'transaction') {
      const message = `pool ${pool} is a database: what it numbered stays with it, and no other pool goes on where it ended`;
      throw new SequenceError('SEQ_UNSUPPORTED', message, { pool });
    }
    await drains.begin(pool, { sinceMs: clock.nowMs(), streams });
    return this.#pool(pool);
  }

  async undrain(pool: string): Promise<PoolView> {
    this.#pool(pool);
    await this.#options.drains.end(pool);
    return this.#pool(pool);
  }

  #pool(name: string): PoolView {
    const found = this.pools().pools.find(({ pool }) => pool === name);
    if (found === undefined) throw new SequenceError('SEQ_UNKNOWN_POOL', `no pool is called ${name}`, { pool: name });
    return found;
  }

  #view(
    event: MemberEvent,
    { state: said, heardAtMs }: MemberView,
    movedIn: ReadonlyMap<string, number>,
    movedOut: ReadonlyMap<string, number>,
  ): PoolView {
    const { drains, clock } = this.#options;
    const { member } = event;
    const drain = drains.of(member);
    const streams = streamsIn(this.#partitions, member);
    const state = drain === undefined || said !== 'living' ? said : streams === 0 ? 'drained' : 'draining';
    return poolView(event, {
      state,
      heardAtMs,
      streams,
      // A filler of a Cluster looks after all of its pools.
      fillers: this.#fillersOf(event.cluster === '' ? member : event.cluster),
      movedIn: movedIn.get(member) ?? 0,
      movedOut: movedOut.get(member) ?? 0,
      ...(drain !== undefined && { drain: { ...drain, ...endOf(drain, streams, clock.nowMs()) } }),
    });
  }

  #fillersOf(pool: string): string[] {
    const all = this.#options.members.list();
    return all
      .filter(({ role, state, endpoint }) => role === 'filler' && state === 'living' && endpoint === pool)
      .map(({ member }) => member);
  }
}

/** At the pace so far; nothing while nothing has moved. */
function endOf(drain: { readonly sinceMs: number; readonly streams: number }, left: number, nowMs: number): { readonly endsAtMs?: number } {
  const moved = drain.streams - left;
  if (left === 0 || moved <= 0) return {};
  return { endsAtMs: Math.round(nowMs + (left * (nowMs - drain.sinceMs)) / moved) };
}

function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
