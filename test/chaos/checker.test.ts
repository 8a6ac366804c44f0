/** The checker finds what it is there to find: sound histories pass, and each planted fault is called by its name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judge } from './checker/check.ts';
import type { Account, ClientLine, FaultLine, History, LedgerLine, Run } from './checker/lines.ts';

const WEB = 'orders/chaos/web';
const APP = 'orders/chaos/app';
const LIFE = 'life-1';

/** A history that is sound, and grows by what tests add. */
class Written {
  readonly clients: ClientLine[] = [];
  readonly ledger: LedgerLine[] = [];
  readonly faults: FaultLine[] = [];
  accounts: Account[] = [];
  voids: string[] | undefined;
  #at = 1_000;
  #offset = 0;
  #ids = 0;

  /** Claims and opens [0, 100) of one sequence, as generation 0. */
  constructor(definition: Readonly<Record<string, string>> = {}) {
    this.record('ranges', { kind: 'SequenceDefined', name: 'orders', definition: { start: '1', increment: '1', ...definition } });
    this.record('ranges', { kind: 'RangeClaimed', name: 'orders', generation: 0, partition: 0, start: 0, end: 100 });
    this.#offset = 0;
    this.record('shards', { kind: 'RangeOpened', claimPartition: 0, claimOffset: 1 });
  }

  record(log: LedgerLine['log'], record: LedgerLine['record'], verdict = 'accepted'): number {
    this.ledger.push({ log, partition: 0, offset: this.#offset, at: this.#at, verdict, record });
    return this.#offset++;
  }

  /** From the opened range, where no other source is named. */
  allocated(start: number, end: number, stream = WEB, source = 0, incarnation = LIFE): number {
    return this.record('shards', { kind: 'ShardAllocated', source, start, end, stream, pool: 'pool-0', incarnation, order: 1 });
  }

  returned(shard: number, ...slices: (readonly [number, number])[]): number {
    const intervals = slices.map(([start, end]) => ({ start, end }));
    return this.record('shards', { kind: 'ShardReturned', shard, incarnation: LIFE, slices: intervals });
  }

  asked(options: { readonly count?: number; readonly stream?: string; readonly key?: string; readonly call?: string } = {}): string {
    const { count = 1, stream = WEB, key, call } = options;
    const id = `caller.${++this.#ids}`;
    const named = key === undefined ? {} : { key };
    this.#write({ do: 'ask', id, call: call ?? id, via: 'http', what: 'next', sequence: 'orders', stream, count, ...named });
    return id;
  }

  got(id: string, ...runs: Run[]): void {
    this.#write({ do: 'got', id, runs });
  }

  /** Values `first` and following. */
  served(first: number, count: number, options: { readonly stream?: string; readonly key?: string } = {}): string {
    const id = this.asked({ count, ...options });
    this.got(id, [String(first), count, '1']);
    return id;
  }

  gaveBack(id: string, ...runs: Run[]): void {
    this.#write({ do: 'back', id, runs });
  }

  reserved(key: string, reservation: string, ...values: number[]): void {
    const id = `caller.${++this.#ids}`;
    this.#write({ do: 'ask', id, call: id, via: 'numbers', what: 'reserve', sequence: 'orders', count: values.length, key });
    this.#write({ do: 'got', id, reservation, state: 'reserved', values: values.map(String) });
  }

  ended(what: 'confirm' | 'cancel', reservation: string): void {
    const id = `caller.${++this.#ids}`;
    this.#write({ do: 'ask', id, call: id, via: 'numbers', what, sequence: 'orders', count: 1, reservation });
    this.#write({ do: 'got', id, reservation, state: what });
  }

  account(parts: Partial<Account>): void {
    const none = { issued: 0, stock: 0, revokedInFlight: 0, free: 0, uncut: 0, unopened: 0, void: 0, burnt: 0, inDoubt: 0 };
    this.accounts = [{ sequence: 'orders', generation: 0, claimed: 100, ...none, ...parts }];
  }

  kinds(): string[] {
    const { clients, ledger, faults, accounts, voids } = this;
    const history: History = { clients, ledger, faults, accounts, ...(voids !== undefined && { voids }) };
    return Object.keys(judge(history).counts);
  }

  #write(line: object): void {
    this.clients.push({ at: this.#at++, ...line } as ClientLine);
  }
}

/** Ten values of one shard, five of them issued. */
function sound(definition?: Readonly<Record<string, string>>): Written {
  const written = new Written(definition);
  written.allocated(0, 10);
  written.served(1, 3);
  written.served(4, 2);
  written.account({ issued: 5, stock: 5, uncut: 90 });
  return written;
}

describe('the checker', () => {
  test('finds nothing in a sound history', () => {
    expect(sound().kinds()).toEqual([]);
    expect(sound({ order: 'stream' }).kinds()).toEqual([]);
  });

  test('lets what was given back be given out again, by the same shard or another', () => {
    const written = new Written();
    const shard = written.allocated(0, 10);
    const id = written.served(1, 10);
    written.gaveBack(id, ['5', 6, '1']);
    const back = written.returned(shard, [4, 10]);
    written.allocated(4, 10, APP, back * 256);
    written.served(5, 6, { stream: APP });
    written.account({ issued: 10, uncut: 90 });
    expect(written.kinds()).toEqual([]);
  });

  test('lets a key have the same answer twice, and changes nothing for what was rejected', () => {
    const written = sound();
    written.served(6, 2, { key: 'k' });
    written.served(6, 2, { key: 'k' });
    written.record('shards', { kind: 'ShardAllocated', source: 0, start: 0, end: 10, stream: APP, incarnation: LIFE }, 'not-at-cursor');
    written.account({ issued: 7, stock: 3, uncut: 90 });
    expect(written.kinds()).toEqual([]);
  });

  const planted: Readonly<Record<string, readonly [kind: string, plant: (written: Written) => void]>> = {
    'a value in two answers': ['duplicate', (on) => on.served(5, 1)],
    'a value beyond its shard': ['outside-shards', (on) => on.served(10, 2)],
    'a value of nobody': ['outside-shards', (on) => on.served(50, 1)],
    'a value of another stream': ['outside-shards', (on) => on.served(7, 1, { stream: APP })],
    'fewer values than were asked for': ['outside-shards', (on) => on.got(on.asked({ count: 3 }), ['6', 2, '1'])],
    'a value that its shard returned': [
      'outside-shards',
      (on) => {
        on.returned(1, [5, 10]);
        on.served(8, 1);
      },
    ],
    'a shard below the cursor': ['ledger', (on) => on.allocated(5, 15)],
    'a claim that is opened twice': ['ledger', (on) => on.record('shards', { kind: 'RangeOpened', claimPartition: 0, claimOffset: 1 })],
    'a shard that is closed twice': [
      'ledger',
      (on) => {
        on.returned(1, [5, 10]);
        on.returned(1, [5, 10]);
      },
    ],
    'a return in the name of another life': [
      'ledger',
      (on) => on.record('shards', { kind: 'ShardReturned', shard: 1, incarnation: 'life-2', slices: [{ start: 5, end: 10 }] }),
    ],
    'a return of what is not in the shard': ['ledger', (on) => on.returned(1, [5, 12])],
    'two answers to a key': [
      'idempotency',
      (on) => {
        on.served(6, 1, { key: 'k' });
        on.served(7, 1, { key: 'k' });
      },
    ],
    'a call without an answer': ['unanswered', (on) => on.asked()],
    'an installation that stays ill': [
      'never-healthy',
      (on) => on.faults.push({ fault: 'kill -9', target: 'filler-a', begunAt: 0, healedAt: 1 }),
    ],
    'values that are nowhere': ['account', (on) => on.account({ issued: 5, stock: 4, uncut: 90 })],
    'more claimed than the ledger says': ['account', (on) => on.account({ claimed: 101, issued: 5, stock: 6, uncut: 90 })],
    'more known than was issued': ['account', (on) => on.account({ issued: 4, stock: 6, uncut: 90 })],
    'values issued to nobody': ['account', (on) => on.account({ issued: 9, stock: 1, uncut: 90 })],
  };

  test.each(Object.entries(planted))('finds %s', (_name, [kind, plant]) => {
    const written = sound();
    plant(written);
    expect(written.kinds()).toContain(kind);
  });

  test('finds a lower value after a higher one where an order is promised, and only there', () => {
    const late = (definition?: Readonly<Record<string, string>>): Written => {
      const written = new Written(definition);
      written.allocated(0, 10);
      written.served(4, 2);
      written.served(1, 3);
      written.account({ issued: 5, stock: 5, uncut: 90 });
      return written;
    };
    expect(late({ order: 'stream' }).kinds()).toEqual(['order']);
    expect(late().kinds()).toEqual([]);
  });

  test('accepts any order among answers that overlap in time', () => {
    const written = new Written({ order: 'stream' });
    written.allocated(0, 10);
    const first = written.asked();
    const second = written.asked();
    written.got(first, ['2', 1, '1']);
    written.got(second, ['1', 1, '1']);
    written.account({ issued: 2, stock: 8, uncut: 90 });
    expect(written.kinds()).toEqual([]);
  });
});

describe('the checker of numbers without a gap', () => {
  const numbers = (): Written => {
    const written = new Written({ guarantee: 'gapless' });
    written.allocated(0, 3);
    written.reserved('a', 'r-1', 1);
    written.reserved('b', 'r-2', 2);
    written.ended('confirm', 'r-1');
    written.ended('cancel', 'r-2');
    written.reserved('c', 'r-3', 2, 3);
    written.ended('confirm', 'r-3');
    written.account({ issued: 3, uncut: 97 });
    written.voids = [];
    return written;
  };

  test('finds nothing where what was cancelled is used again', () => {
    expect(numbers().kinds()).toEqual([]);
  });

  test('finds a number that two hold, a key with two answers, a number that is missing, and a lost confirmation', () => {
    const twice = numbers();
    twice.reserved('d', 'r-4', 3);
    twice.ended('confirm', 'r-4');
    expect(twice.kinds()).toContain('held-twice');
    const keys = numbers();
    keys.reserved('a', 'r-5', 4);
    keys.ended('confirm', 'r-5');
    expect(keys.kinds()).toContain('idempotency');
    const gap = numbers();
    gap.reserved('d', 'r-4', 5);
    gap.ended('confirm', 'r-4');
    expect(gap.kinds()).toContain('gap');
    const lost = numbers();
    lost.voids = ['3'];
    expect(lost.kinds()).toContain('gap');
  });
});

test('the checker imports nothing of the project', () => {
  const folder = join(import.meta.dirname, 'checker');
  const imports = readdirSync(folder).flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/from '([^']+)'/g)]);
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.map(([, from]) => from).filter((from) => !/^(node:|\.\/)/.test(from ?? ''))).toEqual([]);
});
