/** A durable `next`, from outside: killed in the middle of load, it forgets nothing that was answered and repeats nothing; also where its kind changes. */
import { expect, test } from 'vitest';
import { post, type Server, scratchDirectory, seqcast, startServer } from './server.ts';

const HANDS = 6;
/** After so many answers a life is killed. */
const LIVES = [120, 7, 90];
const LIFE_MS_MAX = 15_000;

interface Told {
  /** By key, what was answered. */
  readonly values: Map<string, string>;
  /** Keys by hand that were asked and not answered: asked again in the next life. */
  readonly next: Map<number, number>;
}

async function ask(server: Server, name: string, body: object, key?: string): Promise<{ status: number; values: string[] }> {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
  const response = await fetch(`${server.url}/v1/sequences/${name}/next`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, values: ((await response.json()) as { values?: string[] }).values ?? [] };
}

async function hand(server: Server, index: number, told: Told): Promise<void> {
  for (let n = told.next.get(index) ?? 0; ; n++) {
    const key = `${index}.${n}`;
    try {
      const { status, values } = await ask(server, 'payments', { count: 1 + (n % 2), clientType: 'hand', service: `h${index}` }, key);
      if (status === 503) return;
      expect(status).toBe(200);
      expect(told.values.get(key) ?? values.join()).toBe(values.join());
      told.values.set(key, values.join());
      told.next.set(index, n + 1);
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

test('kill -9 loses no answered value and repeats none, and each value is known with its caller', async () => {
  const dataDir = scratchDirectory();
  const told: Told = { values: new Map(), next: new Map() };
  for (const answers of LIVES) {
    const server = await startServer(dataDir);
    await post(`${server.url}/v1/sequences`, { name: 'payments', durability: 'answered' });
    const hands = Promise.all(Array.from({ length: HANDS }, (_, index) => hand(server, index, told)));
    const enough = told.values.size + answers;
    for (const endMs = performance.now() + LIFE_MS_MAX; told.values.size < enough && performance.now() < endMs; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await server.end('SIGKILL');
    await hands;
  }
  const last = await startServer(dataDir);
  // Killed before it was answered: the same key finds what was written, or gets it now.
  for (const [index, n] of told.next) {
    const { values } = await ask(last, 'payments', { count: 1 + (n % 2), clientType: 'hand', service: `h${index}` }, `${index}.${n}`);
    told.values.set(`${index}.${n}`, values.join());
  }
  for (const [key, values] of [...told.values].slice(-20)) {
    const [index = '', n = ''] = key.split('.');
    const again = await ask(last, 'payments', { count: 1 + (Number(n) % 2), clientType: 'hand', service: `h${index}` }, key);
    expect(again.values.join()).toBe(values);
  }
  const all = [...told.values.values()].flatMap((values) => values.split(',').map(Number)).sort((a, b) => a - b);
  console.log(`${all.length} values over ${LIVES.length} kills`);
  expect(all).toEqual(Array.from({ length: all.length }, (_, i) => i + 1));
  const [[key = '', values = ''] = []] = told.values;
  const owner = (await (await fetch(`${last.url}/v1/sequences/payments/values/${values.split(',')[0]}`)).json()) as Record<string, unknown>;
  expect(owner).toMatchObject({ stream: `payments/hand/h${key.split('.')[0]}`, state: 'issued', holder: { key } });
  expect(await last.end('SIGTERM')).toBe(0);
  const audit = JSON.parse((await seqcast('audit', '--data-dir', dataDir, '--json')).stdout) as { accounts: object[] };
  expect(audit).toMatchObject({ ok: true, duplicates: 0, problems: [] });
  expect(audit.accounts[0]).toMatchObject({ issued: all.length, burnt: 0, inDoubt: 0 });
}, 180_000);

test('a sequence killed while its kind changes to and fro gives no value twice', async () => {
  const dataDir = scratchDirectory();
  const seen = new Set<string>();
  let answered = 0;
  for (const [life, changesMin] of [3, 1, 4].entries()) {
    const server = await startServer(dataDir);
    await post(`${server.url}/v1/sequences`, { name: 'orders' });
    let changes = 0;
    const enough = answered + 12;
    const take = async (): Promise<void> => {
      for (;;) {
        const { status, values } = await ask(server, 'orders', { count: 3 });
        if (status !== 200) continue;
        for (const value of values) expect(seen.has(value), value).toBe(false);
        for (const value of values) seen.add(value);
        answered += values.length;
      }
    };
    const change = async (): Promise<void> => {
      for (let i = life; ; i++) {
        const durability = i % 2 === 0 ? 'answered' : 'stock';
        const headers = { 'content-type': 'application/json' };
        await fetch(`${server.url}/v1/sequences/orders`, { method: 'PATCH', headers, body: JSON.stringify({ durability }) });
        changes++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const gone = (error: unknown): void => {
      if (!(error instanceof TypeError)) throw error;
    };
    const running = [take(), take(), change()].map((each) => each.catch(gone));
    for (const endMs = performance.now() + LIFE_MS_MAX; (changes < changesMin || answered < enough) && performance.now() < endMs; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await server.end('SIGKILL');
    await Promise.all(running);
  }
  expect(seen.size).toBe(answered);
  console.log(`${answered} values`);
  expect(answered).toBeGreaterThan(20);
  const audit = JSON.parse((await seqcast('audit', '--data-dir', dataDir, '--json')).stdout) as object;
  expect(audit).toMatchObject({ ok: true, duplicates: 0, problems: [] });
}, 180_000);
