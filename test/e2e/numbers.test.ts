/** Numbers without a gap in several processes on real engines: whoever runs the transaction pool is killed twice in the middle of load. */
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';
import { type AtEnd, eventually, TestInstallation } from './installation.ts';

const postgres = engineOrSkip('postgres');
const available = engineOrSkip('kafka').available && engineOrSkip('redis').available && postgres.available;
const TIMEOUT_MS = 240_000;
const CALLERS = 8;
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
class Callers {
  readonly confirmed = new Map<string, string>();
  readonly open: string[] = [];
  cancelled = 0;
  failures = 0;
  answers = 0;
  readonly #gateways: readonly string[];
  readonly #sequence: string;
  #isOver = false;

  constructor(gateways: readonly string[], sequence: string) {
    this.#gateways = gateways;
    this.#sequence = sequence;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => this.#call(caller)));
  }

  end(): void {
    this.#isOver = true;
  }

  async post(path: string, body: object, key?: string): Promise<Reservation> {
    for (let attempt = 0; ; attempt++) {
      const gateway = this.#gateways[attempt % this.#gateways.length];
      const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
      const response = await fetch(`${gateway}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      this.answers++;
      const said = (await response.json()) as Reservation & { readonly retriable?: boolean };
      if (response.ok) return said;
      this.failures++;
      if (said.retriable !== true || attempt > 20) throw new Error(`${path}: ${JSON.stringify(said)}`);
    }
  }

  reserve(key: string, count = 1): Promise<Reservation> {
    return this.post(`/v1/sequences/${this.#sequence}/reservations`, { count, ttlMs: 600_000, owner: key }, key);
  }

  async confirm({ id, values }: Reservation): Promise<void> {
    expect(await this.post(`/v1/reservations/${id}/confirm`, {})).toMatchObject({ state: 'confirmed', values });
    for (const value of values) {
      expect(this.confirmed.get(value) ?? id).toBe(id);
      this.confirmed.set(value, id);
    }
  }

  async #call(caller: number): Promise<void> {
    for (let n = 0; !this.#isOver; n++) {
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

describe.skipIf(!available)('the transaction pool of an installation (needs Kafka, Redis, PostgreSQL)', () => {
  test('goes on when its owner is killed, twice: confirmed numbers are 1..n, and the audit accounts for all', {
    timeout: TIMEOUT_MS,
  }, async ({ onTestFinished: atEnd }) => {
    const [kafka, redis, url] = await Promise.all([startKafka(), startRedis(), ownDatabase(atEnd)]);
    atEnd(async () => {
      await Promise.all([kafka.stop(), redis.stop()]);
    });
    const on = new TestInstallation(kafka.brokers, { SEQCAST_POSTGRES: url, SEQCAST_TRANSACTIONS_SECRET: SECRET }, atEnd);
    const roles = { 'gateway-b': 'gateway', 'filler-a': 'filler', 'filler-b': 'filler' };
    // It makes the topics; the others find them.
    await on.start('gateway-a', 'gateway,allocator', redis.url);
    await Promise.all(Object.entries(roles).map(([name, role]) => on.start(name, role, redis.url)));
    const members = async (): Promise<MemberOf[]> => (await on.members()) as unknown as MemberOf[];
    const owner = async (): Promise<string | undefined> => {
      const all = await members();
      const pool = all.find(({ member, state }) => member === POOL && state === 'living');
      const candidate = all.find(({ role, endpoint }) => role === 'filler' && endpoint === pool?.endpoint)?.member;
      return [...on.processes.keys()].find((name) => candidate?.startsWith(name));
    };
    await eventually(async () => (await owner()) !== undefined);
    await on.create({ guarantee: 'gapless' });
    const callers = new Callers(on.gateways, on.sequence);
    const running = callers.run();
    const answered = async (more: number): Promise<void> => {
      const enough = callers.answers + more;
      await eventually(async () => callers.answers >= enough);
    };
    const tookOverMs: number[] = [];
    for (const next of ['filler-c', undefined]) {
      await answered(60);
      const name = (await owner()) ?? '';
      await on.kill(name);
      const killedAtMs = performance.now();
      await eventually(async () => ![name, undefined].includes(await owner()));
      tookOverMs.push(performance.now() - killedAtMs);
      if (next !== undefined) await on.start(next, 'filler', redis.url);
    }
    await answered(60);
    callers.end();
    await running;
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
    const { ok, problems, account } = await on.audit();
    expect({ ok, problems }).toEqual({ ok: true, problems: [] });
    expect(account).toMatchObject({ issued: numbers.length, burnt: 0, inDoubt: 0 });
    const { failures, cancelled, answers } = callers;
    console.log(`${numbers.length} numbers, ${answers} answers, ${cancelled} cancelled, ${failures} asked again`);
    console.log(`taken over after ${tookOverMs.map((ms) => (ms / 1_000).toFixed(1)).join(' and ')} s`);
  });
});
