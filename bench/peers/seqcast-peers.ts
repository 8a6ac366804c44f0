/**
 * Ours, by every way that values are taken: in process, over HTTP, straight from Redis, and with the numbers in PostgreSQL. What is idle and
 * what is burnt is what its own audit accounts for beyond what callers received.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Sequence } from 'seqcast-client';
import { numbersInTransaction } from '../../adapters/postgres/own-transaction.ts';
import { SequenceError } from '../../core/errors.ts';
import type { Lines } from './lines.ts';
import type { Peer, PeerSession } from './peer.ts';
import { allocated, audited, openEmbedded, reported, spent } from './seqcast-account.ts';

const CALL = { isOurs: true, needs: ['kafka', 'redis', 'postgres'] } as const;
/** As the reference says a caller of Redis should do when the stock is empty. */
const EMPTY_PAUSE_MS = 20;
const EMPTY_TRIES_MAX = 1_500;
const RESERVATION_MS = 60_000;
const GRANT_PAUSE_MS = 5;

function create(attributes: object): Peer['prepare'] {
  return async (lines, counter) => void (await lines.http('POST', '/v1/sequences', { name: counter, ...attributes }));
}

function inHand(sequence: Sequence): PeerSession['next'] {
  return () => sequence.tryNext() ?? sequence.next();
}

const EMBEDDED: Peer = {
  name: 'seqcast-embedded',
  title: 'seqcast in process',
  ...{ kind: 'in process', isOurs: true, needs: [], stockIs: 'in the caller' },
  how: 'open({ dataDir }), tryNext() or else next()',
  prepare: async () => undefined,
  async open(lines, counter) {
    const seqcast = await openEmbedded(lines, counter);
    const sequence = seqcast.sequence(counter);
    return {
      next: inHand(sequence),
      async idle(received) {
        await reported();
        return allocated(await seqcast.audit(), counter) - received;
      },
      close: () => seqcast.close(),
    };
  },
  async burnt(lines, counter, received) {
    const seqcast = await openEmbedded(lines, counter);
    try {
      return spent(await seqcast.audit(), counter) - received;
    } finally {
      await seqcast.close();
    }
  },
};

const burntByAudit: NonNullable<Peer['burnt']> = async (lines, counter, received) => spent(await audited(lines), counter) - received;
const idleByAudit =
  (lines: Lines, counter: string): PeerSession['idle'] =>
  async (received) =>
    allocated(await audited(lines), counter) - received;

const CLIENT: Peer = {
  name: 'seqcast-client',
  title: 'seqcast-client, blocks over HTTP',
  ...{ kind: 'in process', stockIs: 'in the caller', ...CALL },
  how: 'connect(url), tryNext() or else next(); gateway, filler and allocator are processes of their own',
  prepare: create({}),
  async open(lines, counter) {
    const client = await connect(lines.addresses.gateway ?? '');
    return { next: inHand(client.sequence(counter)), idle: idleByAudit(lines, counter), close: () => client.close() };
  },
  burnt: burntByAudit,
};

const HTTP: Peer = {
  name: 'seqcast-http',
  title: 'seqcast over HTTP',
  ...{ kind: 'a call each', stockIs: 'on the server', ...CALL },
  how: 'POST next for one value from a gateway, node:http, a connection a caller; the stock is in Redis',
  prepare: create({}),
  open: (lines, counter) => postedNext(lines, counter),
  burnt: burntByAudit,
};

const DURABLE: Peer = {
  ...HTTP,
  name: 'seqcast-durable-next',
  title: 'seqcast over HTTP, durable next',
  kind: 'durable',
  how: 'POST next of a sequence with --durability answered: in PostgreSQL, and counted in the ledger, before it is answered',
  prepare: create({ durability: 'answered' }),
};

function postedNext(lines: Lines, counter: string): PeerSession {
  const path = `/v1/sequences/${counter}/next`;
  return {
    async next() {
      const { values } = (await lines.http('POST', path, { count: 1 })) as { readonly values: readonly string[] };
      return BigInt(values[0] ?? '');
    },
    idle: idleByAudit(lines, counter),
    close: async () => undefined,
  };
}

type Reply = readonly [string, string, readonly (readonly [string, number])[]];

const REDIS: Peer = {
  name: 'seqcast-redis',
  title: 'seqcast straight from Redis',
  ...{ kind: 'a call each', stockIs: 'on the server', ...CALL },
  how: 'ioredis, FCALL seqcast_next for one value, sends together what many ask for; the stock is in memory only',
  prepare: create({}),
  open(lines, counter) {
    const { alone, together } = lines.redis('redis');
    const key = `{${counter}/default/default}:stock`;
    return {
      async next(_, callers) {
        for (let attempt = 0; attempt < EMPTY_TRIES_MAX; attempt++) {
          const [said, , runs] = (await (callers === 1 ? alone : together).fcall('seqcast_next', 1, key, 1)) as Reply;
          if (said === 'taken') return BigInt(runs[0]?.[0] ?? '');
          await pause(EMPTY_PAUSE_MS);
        }
        throw new Error('the stock stayed empty');
      },
      idle: idleByAudit(lines, counter),
      close: async () => undefined,
    };
  },
  burnt: burntByAudit,
};

const GAPLESS: Peer = {
  name: 'seqcast-gapless',
  title: 'seqcast gapless, reserve and confirm',
  ...{ kind: 'durable', stockIs: 'on the server', ...CALL },
  how: 'POST reservations, INSERT of the business row by pg, POST confirm; the numbers are in the same PostgreSQL',
  async prepare(lines, counter) {
    await create({ guarantee: 'gapless' })(lines, counter);
    await lines.aside(`CREATE TABLE IF NOT EXISTS ${counter}_rows (number bigint PRIMARY KEY, what text NOT NULL)`);
  },
  async open(lines, counter) {
    const clients = await lines.postgres();
    const path = `/v1/sequences/${counter}/reservations`;
    const insert = { name: `insert-${counter}`, text: `INSERT INTO ${counter}_rows VALUES ($1, $2)` };
    const life = `${process.pid}-${Date.now()}`;
    let keys = 0;
    return {
      async next(caller) {
        const key = { 'idempotency-key': `order-${life}-${keys++}` };
        const held = (await lines.http('POST', path, { ttlMs: RESERVATION_MS, owner: 'shop' }, key)) as Held;
        const number = held.values[0] ?? '';
        await clients[caller]?.query({ ...insert, values: [number, 'an invoice'] });
        await lines.http('POST', `${path}/${held.id}/confirm`, { by: 'shop' });
        return BigInt(number);
      },
      // Granted to the pool and not reserved: the lowest of them is the next.
      idle: idleByAudit(lines, counter),
      close: async () => undefined,
    };
  },
  burnt: burntByAudit,
};

const OWN_TRANSACTION: Peer = {
  ...GAPLESS,
  name: 'seqcast-own-transaction',
  title: 'seqcast gapless, in the own transaction',
  how: 'pg, BEGIN, numbersInTransaction(client).issue(), INSERT of the business row, COMMIT; a connection a caller',
  async prepare(lines, counter) {
    await GAPLESS.prepare(lines, counter);
    // The service opens a series when it is first asked; what is given up is the next to be had.
    const path = `/v1/sequences/${counter}/reservations`;
    const held = (await lines.http('POST', path, { ttlMs: RESERVATION_MS }, { 'idempotency-key': 'opened' })) as Held;
    await lines.http('POST', `${path}/${held.id}/cancel`, {});
  },
  async open(lines, counter) {
    const clients = await lines.postgres();
    const insert = { name: `insert-${counter}`, text: `INSERT INTO ${counter}_rows VALUES ($1, $2)` };
    async function next(caller: number): Promise<number> {
      const client = clients[caller];
      if (client === undefined) throw new Error(`caller ${caller} has no connection`);
      await client.query('BEGIN');
      try {
        const { intervals } = await numbersInTransaction(client).issue({ sequence: counter });
        // The first ordinal is 0, the first number 1.
        const number = (intervals[0]?.start ?? 0) + 1;
        await client.query({ ...insert, values: [number, 'an invoice'] });
        await client.query('COMMIT');
        return number;
      } catch (error) {
        await client.query('ROLLBACK');
        // What was granted is used up, and more is on its way.
        if (!(error instanceof SequenceError && error.retriable)) throw error;
        await pause(GRANT_PAUSE_MS);
        return await next(caller);
      }
    }
    return { next, idle: idleByAudit(lines, counter), close: async () => undefined };
  },
};

interface Held {
  readonly id: string;
  readonly values: readonly string[];
}

export const SEQCAST_PEERS: readonly Peer[] = [EMBEDDED, CLIENT, HTTP, REDIS, DURABLE, GAPLESS, OWN_TRANSACTION];
