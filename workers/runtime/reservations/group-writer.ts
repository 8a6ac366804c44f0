/**
 * Writes to the transaction pool's store, one group at a time: whatever was asked while a group was on its way to the disk is the next
 * group. An answer is passed on once the ledger has accepted the count of changes behind it.
 *
 * A store that lies beside the ledger appends that count in the transaction of the group itself: one fsync for both. For any other the
 * record of the count is sent in the same turn as the next group, so that the two are on their way together.
 */
import { SequenceError } from '../../../core/errors.ts';
import { totalSize } from '../../../core/interval.ts';
import { WAITING_MAX } from '../../../core/limits.ts';
import type { AppliedGroup, Clock, RegisteredReservation, Registrar, RegistrarCommand } from '../../../pipelines/ports.ts';
import type { PoolLives } from './pool-lives.ts';
import { generationEnded, type PendingCommand, type ServedSeries } from './served-series.ts';

/** Commands of one transaction: nobody waits longer for a group than this many take. */
const GROUP_MAX = 1_000;

interface Acknowledging {
  readonly partitions: Iterable<number>;
  readonly ops: number;
  readonly counted: ReadonlyMap<number, number> | undefined;
  readonly group: readonly PendingCommand[];
  readonly answers: readonly (() => void)[];
}

export interface GroupWriterOptions {
  readonly registrar: Registrar;
  readonly lives: PoolLives;
  readonly clock: Clock;
  /** The grant does not suffice: the command waits for more of it. */
  readonly onGrantAwaited: (pending: PendingCommand) => void;
  readonly onChanged: (series: ServedSeries) => void;
  /** Somebody else writes, or the ledger refuses: nothing is written any more. */
  readonly onFenced: (error: unknown) => void;
}

export class GroupWriter {
  readonly #options: GroupWriterOptions;
  #queue: PendingCommand[] = [];
  readonly #tasks: (() => Promise<void>)[] = [];
  readonly #acknowledging = new Set<Promise<void>>();
  #isRunning = false;
  #refusal: Error | undefined;

  constructor(options: GroupWriterOptions) {
    this.#options = options;
  }

  ask(pending: PendingCommand): void {
    const isFull = this.#queue.length >= WAITING_MAX;
    if (isFull || this.#refusal !== undefined) {
      pending.reject(this.#refusal ?? new SequenceError('SEQ_TOO_MANY_WAITING', `${WAITING_MAX} calls wait for the transaction pool`));
      return;
    }
    if (pending.command.kind === 'reserve' || pending.command.kind === 'issue') pending.series.reserving++;
    this.#queue.push(pending);
    void this.#run();
  }

  /** Runs between two groups. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#refusal !== undefined) return reject(this.#refusal);
      this.#tasks.push(() => task().then(resolve, reject));
      void this.#run();
    });
  }

  /** Resolves once everything that the store has answered so far may be told: a read has seen no more than that. */
  async acknowledged(): Promise<void> {
    await Promise.all([...this.#acknowledging]);
  }

  /** Writes down what is waiting, then refuses. */
  async close(refusal: Error): Promise<void> {
    await this.alone(async () => undefined).catch(() => undefined);
    while (this.#queue.length > 0 && this.#refusal === undefined) await this.alone(async () => undefined).catch(() => undefined);
    this.#refusal ??= refusal;
    for (const pending of this.#queue.splice(0)) pending.reject(this.#refusal);
    await Promise.allSettled([...this.#acknowledging]);
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (;;) {
      const task = this.#tasks.shift();
      if (task !== undefined) await task();
      if (this.#queue.length === 0) {
        if (this.#tasks.length === 0) break;
        continue;
      }
      const group = this.#queue.splice(0, GROUP_MAX).filter(isAnswerable);
      if (group.length === 0) continue;
      try {
        const applied = await this.#apply(group);
        // In this very turn, so that the record travels with the next group.
        this.#answer(group, applied);
      } catch (error) {
        for (const pending of group) settled(pending);
        for (const pending of group) pending.reject(error);
        if (error instanceof SequenceError && error.code === 'SEQ_FENCED') this.#refuse(error);
      }
    }
    this.#isRunning = false;
  }

  #apply(group: readonly PendingCommand[]): Promise<AppliedGroup> {
    const { registrar, lives, clock } = this.#options;
    const nowMs = clock.nowMs();
    return registrar.apply(
      lives.writer,
      group.map(({ command }) => ({ ...command, nowMs }) as RegistrarCommand),
      lives.countLogs(new Set(group.map(({ series }) => series.partition))),
    );
  }

  #answer(group: readonly PendingCommand[], { outcomes, ops, counted }: AppliedGroup): void {
    const { lives, onGrantAwaited, onChanged } = this.#options;
    lives.told(ops);
    const answers: (() => void)[] = [];
    const partitions = new Set<number>();
    const changed = new Set<ServedSeries>();
    for (const [index, pending] of group.entries()) {
      const outcome = outcomes[index];
      const { series } = pending;
      settled(pending);
      if (outcome === undefined) continue;
      if ('refusal' in outcome && outcome.refusal.code === 'SEQ_GRANT_AWAITED') {
        onGrantAwaited(pending);
        continue;
      }
      partitions.add(series.partition);
      if ('refusal' in outcome) answers.push(() => pending.reject(outcome.refusal));
      else answers.push(() => pending.resolve(outcome));
      if ('refusal' in outcome || outcome.repeated) continue;
      count(series, outcome.reservation);
      changed.add(series);
    }
    for (const series of changed) onChanged(series);
    if (answers.length > 0) this.#acknowledge({ partitions, ops, counted, group, answers });
  }

  /** Has the ledger accept a count that nobody waits for. */
  acknowledge(partitions: Iterable<number>, ops: number): void {
    this.#acknowledge({ partitions, ops, counted: undefined, group: [], answers: [] });
  }

  /** Has the ledger accept the count, then tells. */
  #acknowledge({ partitions, ops, counted, group, answers }: Acknowledging): void {
    const { lives } = this.#options;
    const accepted = Promise.all([...partitions].map((partition) => lives.logged(partition, ops, counted?.get(partition))));
    const acknowledging = accepted.then(
      () => {
        for (const answer of answers) answer();
      },
      (error: unknown) => {
        // It is written, and may not be told: asked again, the same key finds it.
        for (const pending of group) pending.reject(error);
        if (error instanceof SequenceError && error.code === 'SEQ_FENCED') this.#refuse(error);
      },
    );
    this.#acknowledging.add(acknowledging);
    void acknowledging.then(() => this.#acknowledging.delete(acknowledging));
  }

  #refuse(error: Error): void {
    if (this.#refusal !== undefined) return;
    this.#refusal = error;
    for (const pending of this.#queue.splice(0)) pending.reject(error);
    this.#options.onFenced(error);
  }
}

/** Of a generation that is over nothing is reserved any more, whoever asked before it was. */
function isAnswerable(pending: PendingCommand): boolean {
  const { series, command } = pending;
  if (!series.isEnded || (command.kind !== 'reserve' && command.kind !== 'issue')) return true;
  settled(pending);
  pending.reject(generationEnded(series));
  return false;
}

function settled({ series, command }: PendingCommand): void {
  if (command.kind === 'reserve' || command.kind === 'issue') series.reserving--;
}

/** What a change leaves at hand. */
function count(series: ServedSeries, { state, intervals, expiresAtMs }: RegisteredReservation): void {
  const size = totalSize(intervals);
  series.isTouched = true;
  if (state === 'reserved' || expiresAtMs === undefined) series.stock.available -= size;
  if (state === 'cancelled' || state === 'expired') series.stock.available += size;
}
