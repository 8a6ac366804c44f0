/** Moves of streams between pools as the allocators told them: what `explain` and `pools` show beside the loads. */
import type { Clock, EventLog, LogEntry, Subscription } from '../../../pipelines/ports.ts';
import type { StreamMoved } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { readable } from '../ledger/dead-letters.ts';
import type { MoveView } from './pool-views.ts';

/** Enough for an hour of draining pools; older moves are in the topic for a week. */
const MOVES_KEPT = 16_384;

export class MoveJournal {
  readonly #options: { readonly log: EventLog; readonly clock: Clock; readonly onFailure: (error: unknown) => void };
  readonly #moves: MoveView[] = [];
  #subscription: Subscription | undefined;

  constructor(options: { readonly log: EventLog; readonly clock: Clock; readonly onFailure: (error: unknown) => void }) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { log, onFailure } = this.#options;
    const topic = TOPICS.moves.name;
    const from = Math.max(await log.startOffset(topic, 0), (await log.endOffset(topic, 0)) - MOVES_KEPT);
    const handler = (entries: readonly LogEntry[]): void => {
      for (const message of readable(TOPICS.moves, entries, () => undefined)) this.#note(message as StreamMoved);
    };
    this.#subscription = log.subscribe({ topic, partition: 0, from, handler, onError: onFailure });
  }

  /** Newest first. */
  of(stream: string): MoveView[] {
    return this.#moves.filter((move) => move.stream === stream).reverse();
  }

  /** Newest first, of the last so many milliseconds. */
  lately(withinMs: number): MoveView[] {
    const sinceMs = this.#options.clock.nowMs() - withinMs;
    return this.#moves.filter(({ atMs }) => atMs >= sinceMs).reverse();
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }

  #note({ kind: _, ...move }: StreamMoved): void {
    this.#moves.push(move);
    if (this.#moves.length > 2 * MOVES_KEPT) this.#moves.splice(0, MOVES_KEPT);
  }
}
