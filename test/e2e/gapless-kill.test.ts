/** Numbers without a gap, from outside: a server killed again and again in the middle of load, and confirmed numbers that are 1..n. */
import { expect, test } from 'vitest';
import { type Server, scratchDirectory, seqcast, startServer } from './server.ts';

const HANDS = 8;
/** After so many answers a life is killed: one of them before its first. */
const LIVES = [60, 150, 9, 0, 110, 90];
const LIFE_MS_MAX = 15_000;

interface Answer {
  readonly status: number;
  readonly body: { readonly id: string; readonly values: string[]; readonly state: string; readonly code?: string };
}

async function post(url: string, body: object, key?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** What callers were told, which must stay true. */
interface Told {
  readonly values: Map<string, string>;
  readonly confirmed: Map<string, string>;
  readonly cancelled: Set<string>;
  /** Reserved, and what became of it is not known: asked again in the next life. */
  readonly keys: Map<number, number>;
  answers: number;
}

async function hand(server: Server, index: number, told: Told): Promise<void> {
  const reservations = `${server.url}/v1/sequences/invoices/reservations`;
  for (let n = told.keys.get(index) ?? 0; ; n++) {
    const key = `${index}.${n}`;
    try {
      const { status, body } = await post(reservations, { count: 1 + (n % 3), ttlMs: 3_600_000, owner: `hand ${index}` }, key);
      if (status === 503) return;
      told.answers++;
      expect([200, 201], JSON.stringify(body)).toContain(status);
      const values = body.values.join();
      // The same key gives the same answer, whichever life is asked.
      expect(told.values.get(key) ?? values).toBe(values);
      told.values.set(key, values);
      if (n % 4 === 3) {
        const { status: ended } = await post(`${reservations}/${body.id}/cancel`, { by: `hand ${index}`, because: 'rolled back' });
        expect(ended).toBe(200);
        told.cancelled.add(key);
      } else {
        const { status: ended } = await post(`${reservations}/${body.id}/confirm`, { by: `hand ${index}` });
        expect(ended).toBe(200);
        for (const value of body.values) {
          expect(told.confirmed.get(value) ?? key).toBe(key);
          told.confirmed.set(value, key);
        }
      }
      told.keys.set(index, n + 1);
    } catch (error) {
      // The server is gone: this key is asked for again in the next life.
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

test(`a server killed ${LIVES.length} times confirms 1..n without a gap, and acknowledges nothing that it forgets`, async () => {
  const dataDir = scratchDirectory();
  const told: Told = { values: new Map(), confirmed: new Map(), cancelled: new Set(), keys: new Map(), answers: 0 };
  for (const answers of LIVES) {
    const server = await startServer(dataDir);
    await post(`${server.url}/v1/sequences`, { name: 'invoices', guarantee: 'gapless' });
    const hands = Promise.all(Array.from({ length: HANDS }, (_, index) => hand(server, index, told)));
    const enough = told.answers + answers;
    for (const endMs = performance.now() + LIFE_MS_MAX; told.answers < enough && performance.now() < endMs; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await server.end('SIGKILL');
    await hands;
  }
  const last = await startServer(dataDir);
  const reservations = `${last.url}/v1/sequences/invoices/reservations`;
  // What was begun and not ended is settled, and what was given up is filled: then nothing may be missing.
  for (const [index, n] of told.keys) {
    const { body } = await post(reservations, { count: 1 + (n % 3), ttlMs: 3_600_000, owner: `hand ${index}` }, `${index}.${n}`);
    if (body.state === 'cancelled') continue;
    await post(`${reservations}/${body.id}/confirm`, {});
    for (const value of body.values) told.confirmed.set(value, `${index}.${n}`);
  }
  for (let filled = 0; ; filled++) {
    const { voids } = (await (await fetch(`${last.url}/v1/sequences/invoices/voids`)).json()) as { voids: { value: string }[] };
    if (voids.length === 0) break;
    const { body } = await post(reservations, { count: 1 }, `fill ${filled}`);
    expect(body.values).toEqual([voids[0]?.value]);
    await post(`${reservations}/${body.id}/confirm`, {});
    told.confirmed.set(String(body.values[0]), `fill ${filled}`);
  }
  const confirmed = [...told.confirmed.keys()].map(Number).sort((a, b) => a - b);
  console.log(`confirmed ${confirmed.length} numbers, cancelled ${told.cancelled.size} reservations`);
  expect(confirmed.length).toBeGreaterThan(200);
  expect(confirmed).toEqual(Array.from({ length: confirmed.length }, (_, index) => index + 1));
  expect(await last.end('SIGTERM')).toBe(0);
  const { stdout } = await seqcast('audit', '--data-dir', dataDir, '--json');
  const audit = JSON.parse(stdout) as { ok: boolean; problems: string[]; accounts: { issued: number; inDoubt: number; burnt: number }[] };
  expect(audit).toMatchObject({ ok: true, problems: [] });
  expect(audit.accounts[0]).toMatchObject({ issued: confirmed.length, burnt: 0, inDoubt: 0 });
}, 120_000);
