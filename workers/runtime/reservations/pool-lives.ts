/**
 * The lives of a transaction pool: proves before the first change that its database is the one that was written last, begins another
 * life in it, and has the ledger accept every count of changes before any of them is acknowledged (core/reservation/lineage.ts).
 */
import { SequenceError } from '../../../core/errors.ts';
import type { ShardsState } from '../../../core/ledger/shards-state.ts';
import { judgeLineage, type LoggedLineage, lineageError, mayAcknowledge, NO_LIFE, type Writer } from '../../../core/reservation/lineage.ts';
import type { CountLog, Registrar } from '../../../pipelines/ports.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';

export interface PoolLivesOptions {
  readonly pool: string;
  /** A name that nobody had before. */
  readonly life: string;
  readonly registrar: Registrar;
  readonly reader: LedgerReader;
  readonly monotonicMs: () => number;
  /** Hears how long the ledger took to accept a count of changes. */
  readonly onLogged: (timeMs: number) => void;
}

export class PoolLives {
  readonly pool: string;
  readonly life: string;
  readonly #reader: LedgerReader;
  readonly #monotonicMs: () => number;
  readonly #onLogged: (timeMs: number) => void;
  readonly #recorded: readonly string[];
  readonly #opening = new Map<number, Promise<void>>();
  /** The highest count of changes that the database has told. */
  #ops: number;

  private constructor({ pool, life, reader, monotonicMs, onLogged }: PoolLivesOptions, recorded: readonly string[], ops: number) {
    this.pool = pool;
    this.life = life;
    this.#reader = reader;
    this.#monotonicMs = monotonicMs;
    this.#onLogged = onLogged;
    this.#recorded = recorded;
    this.#ops = ops;
  }

  /** Throws `SEQ_LINEAGE_BROKEN` where the database is not the one that was written last; then nothing was changed. */
  static async begin(options: PoolLivesOptions): Promise<PoolLives> {
    const { pool, life, registrar, reader } = options;
    const database = await registrar.lineage();
    const logged = reader.shards.map((shards) => loggedIn(shards, pool)).filter(({ life: known }) => known !== undefined);
    for (const each of logged.length === 0 ? [NO_LIFE] : logged) {
      const verdict = judgeLineage(database, each);
      if (verdict !== 'may-serve') throw lineageError(verdict, database, each);
    }
    await registrar.recordLife(life);
    return new PoolLives(options, database.lives, database.ops);
  }

  get writer(): Writer {
    return { life: this.life, ops: this.#ops };
  }

  told(ops: number): void {
    if (ops > this.#ops) this.#ops = ops;
  }

  /** Resolves once the ledger of the partition names this life: before that nothing is granted, and nothing acknowledged. */
  openIn(partition: number): Promise<void> {
    let opening = this.#opening.get(partition);
    if (opening === undefined) {
      opening = this.#open(partition);
      this.#opening.set(partition, opening);
      // What failed may be tried again by whoever asks next.
      opening.catch(() => this.#opening.delete(partition));
    }
    return opening;
  }

  /**
   * Resolves once the ledger has accepted so many changes: whatever they answer may then be told. `offset`: where the store has appended
   * the count by itself.
   */
  async logged(partition: number, ops: number, offset?: number): Promise<void> {
    const { pool, life } = this;
    const begunMs = this.#monotonicMs();
    if (offset !== undefined) await this.#reader.verdict('shards', partition, offset);
    else if (!mayAcknowledge(this.#logged(partition), life, ops)) {
      await this.#reader.append('shards', partition, [{ kind: 'OpsLogged', pool, life, ops }]);
    }
    if (!mayAcknowledge(this.#logged(partition), life, ops)) throw this.#fenced(partition);
    this.#onLogged(this.#monotonicMs() - begunMs);
  }

  /** Where a store that lies beside the ledger appends the count by itself. */
  countLogs(partitions: Iterable<number>): CountLog[] {
    return [...partitions].map((partition) => ({ pool: this.pool, topic: TOPICS.shards.name, partition }));
  }

  async #open(partition: number): Promise<void> {
    const { pool, life } = this;
    const current = this.#logged(partition);
    if (current.life === life) return;
    const database = { lives: [...this.#recorded, life], ops: this.#ops };
    const verdict = current.life === undefined ? 'may-serve' : judgeLineage(database, current);
    if (verdict !== 'may-serve') throw lineageError(verdict, database, current);
    const record = { kind: 'LifeOpened', pool, life, previous: current.life ?? '', ops: this.#ops } as const;
    await this.#reader.append('shards', partition, [record]);
    if (this.#logged(partition).life !== life) throw this.#fenced(partition);
  }

  #logged(partition: number): LoggedLineage {
    return loggedIn(this.#reader.shards[partition], this.pool);
  }

  #fenced(partition: number): SequenceError {
    const { life: current } = this.#logged(partition);
    const message = `the ledger names ${current ?? 'no life'} as the life of ${this.pool}, not ${this.life}: another process writes`;
    return new SequenceError('SEQ_FENCED', message, { pool: this.pool, life: this.life, writingLife: current });
  }
}

function loggedIn(shards: ShardsState | undefined, pool: string): LoggedLineage {
  return shards?.lives.get(pool) ?? NO_LIFE;
}
