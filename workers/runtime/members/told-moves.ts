/** What an allocator tells of the moves it begins: on the moves topic for whoever asks later, in the log, and in its metrics. */
import type { MadeMove } from '../../../pipelines/placement.ts';
import type { EventLog } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import type { StreamMoved } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { Allocator } from '../allocator.ts';
import type { RoleMetrics } from '../observability/role-metrics.ts';
import type { Logger } from '../process/logging.ts';
import { PendingAppends } from '../process/pending-appends.ts';

export interface ToldMovesOptions {
  readonly member: string;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly onFailure: (error: unknown) => void;
}

export class ToldMoves {
  readonly #options: ToldMovesOptions;
  readonly #sending: PendingAppends;
  readonly counts = new Map<string, number>();
  #due: Uint8Array[] = [];

  constructor(options: ToldMovesOptions) {
    this.#options = options;
    this.#sending = new PendingAppends(options.onFailure);
  }

  tell(move: MadeMove, nowMs: number): void {
    const { member, log, logger } = this.#options;
    const { stream, from, to, reason, why, fromLoad, toLoad, assignment } = move;
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
    logger.info({ stream, from, to, reason, fromLoad, toLoad }, `moves a stream: ${why}`);
    const said: StreamMoved = {
      kind: 'StreamMoved',
      stream,
      from,
      to,
      reason,
      why,
      fromLoad,
      toLoad,
      assignment,
      allocator: member,
      atMs: nowMs,
    };
    if (this.#due.push(encode(said)) > 1) return;
    // One append for all moves of a plan.
    queueMicrotask(() => {
      const records = this.#due;
      this.#due = [];
      this.#sending.add(log.append({ topic: TOPICS.moves.name, partition: 0, records }));
    });
  }

  close(): Promise<void> {
    return this.#sending.settle();
  }
}

interface PlacementParts {
  readonly allocator: Allocator;
  readonly told: ToldMoves;
  readonly draining: () => readonly string[];
}

export function countPlacement(metrics: RoleMetrics, { allocator, told, draining }: PlacementParts): void {
  metrics.showEach('seqcast_moves_total', () => [...told.counts].map(([reason, count]) => [{ reason }, count] as const));
  metrics.showEach('seqcast_pool_load_ratio', () => [...allocator.predictedLoads()].map(([pool, load]) => [{ pool }, load] as const));
  metrics.showEach('seqcast_draining_streams', () => draining().map((pool) => [{ pool }, allocator.streamsIn(pool)] as const));
}
