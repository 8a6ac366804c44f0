/**
 * The series and the lives of the pool, as the storage thread holds them: read once, then kept in memory, because this thread is the
 * only one that changes them. Heads are written once a transaction, however many commands it holds; after a rollback all is read again.
 */
import type Database from 'libsql';
import { checkNewLife } from '../../core/reservation/lineage.ts';
import { type Change, HEAD_FIELDS, headAfter, type SeriesHead, UNOPENED } from '../../core/reservation/series.ts';
import type { SeriesName, SeriesStatus, SeriesToOpen } from '../../pipelines/ports.ts';
import { exact } from './rows.ts';

export interface HeldSeries extends SeriesName {
  readonly series: number;
  readonly keyScope: string;
  /** Number of the first series that was opened with the same scope. */
  readonly scope: number;
  head: SeriesHead;
}

export interface SeriesRows {
  /** Every life that was recorded; the last one writes. */
  lives(): readonly string[];
  recordLife(life: string): void;
  get(series: number): HeldSeries | undefined;
  find(name: SeriesName): HeldSeries | undefined;
  add(toOpen: SeriesToOpen): HeldSeries;
  scopeNamed(keyScope: string): number | undefined;
  /** Moves the head of a series on. */
  move(series: HeldSeries, change: Change): void;
  /** State changes over all series. */
  ops(): number;
  flush(): void;
  settle(committed: boolean): void;
}

interface Memory {
  readonly lives: string[];
  readonly series: Map<number, HeldSeries>;
  readonly named: Map<string, HeldSeries>;
  readonly scopes: Map<string, number>;
  ops: number;
}

export function openSeriesRows(database: Database.Database): SeriesRows {
  const insertLife = database.prepare('INSERT INTO pool_life (number, life) VALUES (?, ?)');
  const insertSeries = database.prepare(
    `INSERT INTO series (number, sequence, generation, label, key_scope, scope, ${HEAD_FIELDS.join(', ')})
       VALUES (?, ?, ?, ?, ?, ?, ${HEAD_FIELDS.map(() => '0').join(', ')})`,
  );
  const updateHead = database.prepare(`UPDATE series SET ${HEAD_FIELDS.map((column) => `${column} = ?`).join(', ')} WHERE number = ?`);
  const changed = new Set<HeldSeries>();
  let memory: Memory | undefined;

  const held = (): Memory => (memory ??= read(database));

  return {
    lives: () => held().lives,
    recordLife(life) {
      const { lives } = held();
      checkNewLife(lives, life);
      insertLife.run(lives.length + 1, life);
      lives.push(life);
    },
    get: (series) => held().series.get(series),
    find: (name) => held().named.get(nameOf(name)),
    add(toOpen) {
      const { sequence, generation, label, keyScope } = toOpen;
      const series = held().series.size + 1;
      const scope = held().scopes.get(keyScope) ?? series;
      insertSeries.run(series, sequence, generation, label, keyScope, scope);
      const added = { series, sequence, generation, label, keyScope, scope, head: UNOPENED };
      remember(held(), added);
      return added;
    },
    scopeNamed: (keyScope) => held().scopes.get(keyScope),
    move(series, change) {
      series.head = headAfter(series.head, change);
      held().ops++;
      changed.add(series);
    },
    ops: () => held().ops,
    flush() {
      for (const { series, head } of changed) updateHead.run([...HEAD_FIELDS.map((column) => head[column]), series]);
    },
    settle(committed) {
      changed.clear();
      if (!committed) memory = undefined;
    },
  };
}

export function statusOf({ series, sequence, generation, label, head }: HeldSeries): SeriesStatus {
  return { series, sequence, generation, label, ...head };
}

function read(database: Database.Database): Memory {
  const memory: Memory = { lives: [], series: new Map(), named: new Map(), scopes: new Map(), ops: 0 };
  for (const [life] of database.prepare('SELECT life FROM pool_life ORDER BY number').raw().all() as [string][]) memory.lives.push(life);
  const columns = `number, sequence, generation, label, key_scope, scope, ${HEAD_FIELDS.join(', ')}`;
  type Row = [bigint, string, bigint, string, string, bigint, ...bigint[]];
  for (const row of database.prepare(`SELECT ${columns} FROM series ORDER BY number`).raw().all() as Row[]) {
    const [series, sequence, generation, label, keyScope, scope, ...numbers] = row;
    const head = Object.fromEntries(HEAD_FIELDS.map((column, index) => [column, exact(numbers[index] ?? 0n)])) as unknown as SeriesHead;
    memory.ops += head.ops;
    remember(memory, { series: exact(series), sequence, generation: exact(generation), label, keyScope, scope: exact(scope), head });
  }
  return memory;
}

function remember(memory: Memory, series: HeldSeries): void {
  memory.series.set(series.series, series);
  memory.named.set(nameOf(series), series);
  if (!memory.scopes.has(series.keyScope)) memory.scopes.set(series.keyScope, series.scope);
}

/** No name holds a '/'. */
function nameOf({ sequence, generation, label }: SeriesName): string {
  return `${sequence}/${generation}/${label}`;
}
