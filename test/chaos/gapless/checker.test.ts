/** The judge of gapless campaigns finds what it is there to find: a sound history passes, and each planted fault is called by its name. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Judgement, judge } from './checker/judge.ts';

const LONG_MS = 1_000_000;

/** A history of one sequence in the making: every line is a millisecond later than the one before, for callers and server alike. */
class Written {
  readonly #files = new Map<string, object[]>();
  readonly #voids: object[] = [];
  audit: object | undefined;
  #at = 1_000;

  asked(key: string, count: number, desk = 'desk-0'): void {
    this.line({ do: 'reserve', key, sequence: 'invoices', count, ttlMs: LONG_MS }, desk);
  }

  /** Asked and told. */
  reserved(key: string, id: string, values: readonly number[], options: { ttlMs?: number; desk?: string; state?: string } = {}): void {
    const { ttlMs = LONG_MS, desk, state = 'reserved' } = options;
    this.asked(key, values.length, desk);
    const at = this.#at;
    this.line({ do: 'got', key, id, generation: 1, state, values: values.map(String), from: at, until: at + ttlMs }, desk);
  }

  ended(what: 'confirm' | 'cancel', id: string, values: readonly number[], desk?: string): void {
    this.line({ do: what, id }, desk);
    const state = what === 'confirm' ? 'confirmed' : 'cancelled';
    this.line({ do: 'got', id, generation: 1, state, values: values.map(String), from: 0 }, desk);
  }

  confirmed(key: string, id: string, values: readonly number[], desk?: string): void {
    this.reserved(key, id, values, desk === undefined ? {} : { desk });
    this.ended('confirm', id, values, desk);
  }

  void(number: number, of: object = {}): void {
    const said = { state: 'cancelled', why: 'rolled back', by: 'me', atMs: 5, reservation: 'r' };
    this.#voids.push({ sequence: 'invoices', generation: 1, number, value: String(number), ...said, ...of });
  }

  line(line: object, desk = 'desk-0'): void {
    const lines = this.#files.get(desk) ?? [];
    this.#files.set(desk, lines);
    lines.push({ at: this.#at++, ...line });
  }

  pass(ms: number): void {
    this.#at += ms;
  }

  async judged(): Promise<Judgement> {
    const directory = mkdtempSync(join(tmpdir(), 'gapless-checker-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    mkdirSync(join(directory, 'clients'));
    const text = (lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    for (const [desk, lines] of this.#files) writeFileSync(join(directory, 'clients', `${desk}.jsonl`), text(lines));
    writeFileSync(join(directory, 'voids.jsonl'), text(this.#voids));
    if (this.audit !== undefined) writeFileSync(join(directory, 'audit.json'), JSON.stringify(this.audit));
    return await judge(directory);
  }
}

/** 1 and 2 confirmed, 3 cancelled and held again, 4 expired and held again by another desk, 5 given up. */
function sound(): Written {
  const written = new Written();
  written.confirmed('a', 's-1', [1, 2]);
  written.reserved('b', 's-2', [3]);
  written.reserved('c', 's-3', [4], { ttlMs: 10 });
  written.ended('cancel', 's-2', [3]);
  written.pass(20);
  written.confirmed('d', 's-4', [3, 4], 'desk-1');
  written.reserved('e', 's-5', [5]);
  written.ended('cancel', 's-5', [5]);
  written.void(5);
  return written;
}

describe('the judge of a gapless campaign', () => {
  test('finds nothing in a sound history, with answers that were lost and keys that are asked again, and counts what it read', async () => {
    const written = sound();
    written.asked('f', 1);
    written.line({ do: 'lost', key: 'f' });
    written.asked('f', 1);
    written.line({ do: 'refused', key: 'f', status: 503, code: 'SEQ_NOT_READY' });
    written.confirmed('f', 's-6', [6]);
    written.reserved('f', 's-6', [6], { state: 'confirmed' });
    written.audit = { ok: true, problems: [], accounts: [{ sequence: 'invoices', generation: 1, issued: 5, burnt: 0 }] };
    const { ok, violations, reservations, confirmed, cancelled, expired, lostAnswers, keysAskedAgain, found } = await written.judged();
    expect(violations).toEqual([]);
    expect({ ok, reservations, confirmed, cancelled, expired, lostAnswers, keysAskedAgain }).toEqual({
      ...{ ok: true, reservations: 6, confirmed: 3, cancelled: 2, expired: 1, lostAnswers: 1, keysAskedAgain: 1 },
    });
    expect(found).toMatchObject({ numbers: 6, confirmed: 5, void: 1, reused: 2 });
  });

  const planted: Readonly<Record<string, readonly [kind: string, plant: (on: Written) => void]>> = {
    'a number that two confirmed': ['confirmed-twice', (on) => on.confirmed('f', 's-6', [2, 6], 'desk-1')],
    'a number that is held while somebody else holds it': [
      'held-twice',
      (on) => {
        on.reserved('f', 's-6', [6]);
        on.reserved('g', 's-7', [6], { desk: 'desk-1' });
        on.ended('cancel', 's-6', [6]);
        on.ended('cancel', 's-7', [6], 'desk-1');
        on.void(6);
      },
    ],
    'a number that is used again before its time is over': [
      'held-twice',
      (on) => {
        on.reserved('f', 's-6', [6], { ttlMs: 10_000 });
        on.confirmed('g', 's-7', [6], 'desk-1');
      },
    ],
    'one reservation as the answer to two keys': ['held-twice', (on) => on.reserved('f', 's-1', [1, 2], { state: 'confirmed' })],
    'a number that nobody holds': ['gap', (on) => on.confirmed('f', 's-6', [7])],
    'a number that was given up and is not reported': [
      'gap',
      (on) => {
        on.reserved('f', 's-6', [6]);
        on.ended('cancel', 's-6', [6]);
      },
    ],
    'a confirmed number that is reported as void': ['gap', (on) => on.void(4)],
    'a void number without a reason': ['unexplained', (on) => on.void(6, { why: '' })],
    'a number that is still reserved at the end': ['unexplained', (on) => on.void(6, { state: 'reserved', why: 'not confirmed yet' })],
    'a key with two answers': ['idempotency', (on) => on.reserved('a', 's-6', [6, 7])],
    'a key whose answer has other numbers now': ['idempotency', (on) => on.reserved('a', 's-1', [1, 6], { state: 'confirmed' })],
    'a key that is refused as another request': [
      'idempotency',
      (on) => on.line({ do: 'refused', key: 'a', status: 409, code: 'SEQ_REQUEST_CONFLICT' }),
    ],
    'fewer numbers than were asked for': [
      'idempotency',
      (on) => {
        on.asked('f', 3);
        on.confirmed('f', 's-6', [6, 7]);
      },
    ],
    'a confirmation that was forgotten': ['forgotten', (on) => on.reserved('a', 's-1', [1, 2])],
    'a reservation that is unknown later': [
      'forgotten',
      (on) => on.line({ do: 'refused', id: 's-1', status: 404, code: 'SEQ_UNKNOWN_RESERVATION' }),
    ],
    'a reservation that somebody else ended': ['forgotten', (on) => on.reserved('f', 's-6', [6], { state: 'confirmed' })],
    'a call without an answer': ['unanswered', (on) => on.asked('f', 1)],
    'a confirmation without an answer': ['unanswered', (on) => on.line({ do: 'confirm', id: 's-1' })],
    'a refusal that nothing explains': ['refused', (on) => on.line({ do: 'refused', key: 'a', status: 400, code: 'SEQ_INVALID_COUNT' })],
    'an audit that counts otherwise': [
      'audit',
      (on) => {
        on.audit = { ok: true, problems: [], accounts: [{ sequence: 'invoices', generation: 1, issued: 5, burnt: 0 }] };
      },
    ],
  };

  test.each(Object.entries(planted))('finds %s', async (_name, [kind, plant]) => {
    const written = sound();
    plant(written);
    expect(Object.keys((await written.judged()).counts)).toContain(kind);
  });

  test('imports nothing of the project', () => {
    const folder = join(import.meta.dirname, 'checker');
    const imports = readdirSync(folder).flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/from '([^']+)'/g)]);
    expect(imports.length).toBeGreaterThan(5);
    expect(imports.map(([, from]) => from).filter((from) => !/^(node:|\.\/)/.test(from ?? ''))).toEqual([]);
  });
});
