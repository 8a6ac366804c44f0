/**
 * The transaction pool of several processes on real engines: whoever runs it is killed twice in the middle of load, and cut off from its
 * database once. Numbers without a gap, and values that are durable before they are answered.
 */
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';
import { type Line, startLine } from '../engines/line.ts';
import { DurableCallers } from './durable-callers.ts';
import { GatewayCallers } from './gateway-callers.ts';
import { type AtEnd, eventually, TestInstallation } from './installation.ts';
import { post } from './server.ts';
import { StockCallers, type TimedAnswer } from './stock-callers.ts';

const postgres = engineOrSkip('postgres');
const available = engineOrSkip('kafka').available && engineOrSkip('redis').available && postgres.available;
const TIMEOUT_MS = 240_000;
const CALLERS = 8;
const ATTEMPTS_MAX = 20;
const POOL = 'transaction-0';
const SECRET = 'shared by all processes';

interface Reservation {
  readonly id: string;
  readonly state: string;
  readonly values: readonly string[];
}

interface MemberOf {
  readonly member: string;
  readonly role: string;
  readonly state: string;
  readonly endpoint: string;
}

/** A database of this test's own: a transaction pool writes one for ever. */
async function ownDatabase(atEnd: AtEnd): Promise<string> {
  const name = `numbers_${process.pid}`;
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${name}`);
  atEnd(async () => {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  });
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

/** Callers that reserve, and then confirm or cancel; one that got no answer asks again, at the other gateway. */
class Callers extends GatewayCallers {
  readonly confirmed = new Map<string, string>();
  readonly open: string[] = [];
  cancelled = 0;

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => this.#call(caller)));
  }

  post(path: string, body: object, key?: string): Promise<Reservation> {
    return this.insist(path, body, { key, attempts: ATTEMPTS_MAX });
  }

  reserve(key: string, count = 1): Promise<Reservation> {
    return this.post(`/v1/sequences/${this.sequence}/reservations`, { count, ttlMs: 600_000, owner: key }, key);
  }

  async confirm({ id, values }: Reservation): Promise<void> {
    expect(await this.post(`/v1/reservations/${id}/confirm`, {})).toMatchObject({ state: 'confirmed', values });
    for (const value of values) {
      expect(this.confirmed.get(value) ?? id).toBe(id);
      this.confirmed.set(value, id);
    }
  }

  async #call(caller: number): Promise<void> {
    for (let n = 0; !this.isOver; n++) {
      const key = `${caller}.${n}`;
      const reservation = await this.reserve(key, 1 + (n % 3));
      if (n % 7 === 6) this.open.push(key);
      else if (Math.random() < 0.2) {
        await this.post(`/v1/reservations/${reservation.id}/cancel`, { because: 'rolled back' });
        this.cancelled++;
      } else await this.confirm(reservation);
    }
  }
}

/** Every value of a sequence from 1 on that PostgreSQL says was given out. */
async function valuesIn(url: string, sequence: string): Promise<Set<string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const text = `SELECT generate_series(r.first + 1, r.past)::text FROM seqcast.reservation r JOIN seqcast.series s ON s.number = r.series
    WHERE s.sequence = $1 AND r.state = 1 AND r.intervals IS NULL`;
  const { rows } = await client.query<[string]>({ text, values: [sequence], rowMode: 'array' });
  await client.end();
  return new Set(rows.map(([value]) => value));
}

/** A line of its own to the database, for a process that is to be cut off from it. */
async function lineTo(url: string): Promise<Line & { readonly url: string }> {
  const over = new URL(url);
  const line = await startLine(Number(over.port || 5_432));
  over.host = `127.0.0.1:${line.port}`;
  return { ...line, url: over.href };
}

interface Changed {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function changed(url: string, method: 'PATCH' | 'POST' | 'DELETE', body?: object): Promise<Changed> {
  const sent = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, { method, ...sent });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

/** Alters, restarts and drops a sequence at one gateway while every stream of it is asked at all of them: what was acknowledged holds at once. */
async function changesUnderLoad(on: TestInstallation): Promise<void> {
  const [a = '', b = ''] = on.gateways;
  const name = `stock-of-${on.sequence}`;
  expect((await post(`${a}/v1/sequences`, { name })).status).toBe(201);
  const callers = new StockCallers(on.gateways, name);
  const running = callers.run();
  const served = async (fromMs: number): Promise<void> => eventually(async () => callers.between(fromMs).length > 100);
  await served(performance.now());
  const path = `/v1/sequences/${name}`;
  const before = (await (await fetch(`${b}${path}`)).json()) as { readonly generation: number };
  const dry = await changed(`${a}${path}?dryRun=true`, 'PATCH', { start: '1000000' });
  expect(dry).toMatchObject({ status: 200, body: { sequence: name } });
  expect(await (await fetch(`${b}${path}`)).json()).toMatchObject({ generation: before.generation });
  const acts = [
    () => changed(`${a}${path}`, 'PATCH', { start: '1000000' }),
    () => changed(`${b}${path}/restart`, 'POST', { start: '1' }),
    () => changed(`${a}${path}`, 'DELETE'),
  ];
  const begunMs: number[] = [];
  const acknowledgedMs: number[] = [];
  for (const [index, act] of acts.entries()) {
    begunMs.push(performance.now());
    const { status, body } = await act();
    expect([200, 204], JSON.stringify(body)).toContain(status);
    acknowledgedMs.push(performance.now());
    if (index < 2) await served(performance.now());
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  callers.end();
  await running;
  const [altered = 0, restarted = 0, dropped = 0] = acknowledgedMs;
  const [altering = 0, restarting = 0, dropping = 0] = begunMs;
  const valuesOf = (answers: readonly TimedAnswer[]): number[] => answers.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const afterAlter = valuesOf(callers.between(altered, restarting));
  const afterRestart = valuesOf(callers.between(restarted, dropping));
  expect(afterAlter.length).toBeGreaterThan(100);
  expect(afterAlter.filter((value) => value < 1_000_000)).toEqual([]);
  expect(afterRestart.length).toBeGreaterThan(100);
  expect(afterRestart.filter((value) => value >= 1_000_000)).toEqual([]);
  for (const values of [valuesOf(callers.between(0, altering)), afterAlter, afterRestart]) expect(new Set(values).size).toBe(values.length);
  expect(valuesOf(callers.between(dropped))).toEqual([]);
  console.log(`${callers.calls.length} calls around alter, restart and drop`);
}

describe.skipIf(!available)('the transaction pool of an installation (needs Kafka, Redis, PostgreSQL)', () => {
  test('goes on when its owner is killed, twice, and cut off from its database: numbers are 1..n, and the audit accounts for all', {
    timeout: TIMEOUT_MS,
  }, async ({ onTestFinished: atEnd }) => {
    const [kafka, redis, url] = await Promise.all([startKafka(), startRedis(), ownDatabase(atEnd)]);
    atEnd(async () => {
      await Promise.all([kafka.stop(), redis.stop()]);
    });
    const on = new TestInstallation(kafka.brokers, { SEQCAST_POSTGRES: url, SEQCAST_TRANSACTIONS_SECRET: SECRET }, atEnd);
    const lines = { 'filler-a': await lineTo(url), 'filler-b': await lineTo(url) };
    // It makes the topics; the others find them.
    await on.start('gateway-a', 'gateway,allocator', redis.url);
    await Promise.all([
      on.start('gateway-b', 'gateway', redis.url),
      ...Object.entries(lines).map(([name, line]) => on.start(name, 'filler', redis.url, { env: { SEQCAST_POSTGRES: line.url } })),
    ]);
    const members = async (): Promise<MemberOf[]> => (await on.members()) as unknown as MemberOf[];
    const owner = async (): Promise<string | undefined> => {
      const all = await members();
      const pool = all.find(({ member, state }) => member === POOL && state === 'living');
      const candidate = all.find(({ role, endpoint }) => role === 'filler' && endpoint === pool?.endpoint)?.member;
      return [...on.processes.keys()].find((name) => candidate?.startsWith(name));
    };
    await eventually(async () => (await owner()) !== undefined);
    await on.create({ guarantee: 'gapless' });
    const payments = `payments-of-${on.sequence}`;
    expect((await post(`${on.gateways[0]}/v1/sequences`, { name: payments, durability: 'answered' })).status).toBe(201);
    const callers = new Callers(on.gateways, on.sequence);
    const durable = new DurableCallers(on.gateways, payments);
    const running = Promise.all([callers.run(), durable.run()]);
    const answered = async (more: number): Promise<void> => {
      const enough = callers.answers + more;
      await eventually(async () => callers.answers >= enough);
    };
    const tookOverMs: number[] = [];
    const takenOver = async (ill: (owner: string) => Promise<void>): Promise<void> => {
      await answered(60);
      const name = (await owner()) ?? '';
      await ill(name);
      const atMs = performance.now();
      await eventually(async () => ![name, undefined].includes(await owner()));
      tookOverMs.push(performance.now() - atMs);
    };
    // It lives, and its database does: only the line between them is gone.
    let cut = '';
    await takenOver(async (name) => {
      cut = name;
      lines[name as keyof typeof lines].cut();
    });
    expect(on.processes.get(cut)?.output()).toContain('its database does not answer this one');
    lines[cut as keyof typeof lines].mend();
    await takenOver((name) => on.kill(name));
    expect(await owner()).toBe(cut);
    await on.start('filler-c', 'filler', redis.url);
    await takenOver((name) => on.kill(name));
    await answered(60);
    callers.end();
    durable.end();
    await running;
    expect(durable.answered.size).toBeGreaterThan(100);
    const stored = await valuesIn(url, payments);
    expect([...durable.answered.keys()].filter((value) => !stored.has(value))).toEqual([]);
    const [value = ''] = await durable.next('last', 1);
    const holder = (await (await fetch(`${on.gateways[1]}/v1/sequences/${payments}/values/${value}`)).json()) as object;
    expect(holder).toMatchObject({ state: 'issued', stream: `${payments}/web/shop`, holder: { owner: 'web/shop' } });
    // What was left open is settled, and what was given up is filled: then nothing may be missing.
    await Promise.all(callers.open.map(async (key) => callers.confirm(await callers.reserve(key, 1 + (Number(key.split('.')[1]) % 3)))));
    // Others may have got all that was given up before: this is the last one, and nobody is left to get it.
    const last = await callers.reserve('given-up', 2);
    await callers.post(`/v1/reservations/${last.id}/cancel`, { because: 'rolled back' });
    const voids = async () =>
      ((await (await fetch(`${on.gateways[0]}/v1/sequences/${on.sequence}/voids`)).json()) as { voids: { value: string; why: string }[] })
        .voids;
    const given = await voids();
    expect(given.length).toBeGreaterThan(0);
    for (const { why } of given) expect(why).toBe('rolled back');
    const filled = await callers.reserve('fill', given.length);
    expect(filled.values).toEqual(given.map(({ value }) => value));
    await callers.confirm(filled);
    expect(await voids()).toEqual([]);
    const numbers = [...callers.confirmed.keys()].map(Number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
    const reuses = (await (await fetch(`${on.gateways[1]}/v1/sequences/${on.sequence}/reuses`)).json()) as { reuses: unknown[] };
    expect(reuses.reuses.length).toBeGreaterThan(0);
    await changesUnderLoad(on);
    const { ok, problems, account } = await on.audit();
    expect({ ok, problems }).toEqual({ ok: true, problems: [] });
    expect(account).toMatchObject({ issued: numbers.length, burnt: 0, inDoubt: 0 });
    const { failures, cancelled, answers } = callers;
    console.log(`${numbers.length} numbers, ${answers} answers, ${cancelled} cancelled, ${failures} asked again`);
    console.log(`${durable.answered.size} values durable first, ${durable.answers} answers, ${durable.failures} asked again`);
    console.log(`taken over after ${tookOverMs.map((ms) => (ms / 1_000).toFixed(1)).join(' and ')} s`);
  });
});
