/** Adopting, cutting over and going back on a real ledger: in one process that is killed at the worst moment, and in two at once. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { AdoptedCounter } from '../../../../adapters/counters/adopted-counter.ts';
import { withAdopted } from '../../../../workers/runtime/adoption/adopted-service.ts';
import { AdoptionBook } from '../../../../workers/runtime/adoption/adoption-book.ts';
import { AdoptionDesk } from '../../../../workers/runtime/adoption/adoption-desk.ts';
import type { AdoptionService } from '../../../../workers/runtime/adoption/adoption-views.ts';
import type { NextAnswer, SeqcastService } from '../../../../workers/runtime/service/service.ts';
import { opened } from '../../embedded/scratch-directory.ts';
import { type Installation, installed, until } from '../shared/processes.ts';

/** Somebody else's counter, which every process opens by its address; its old callers take from it too. */
class OldCounter {
  next = 1n;
  isForbidden = false;

  readonly open = async (): Promise<AdoptedCounter> => ({
    ...{ shown: 'the old counter', generator: 'sequence', increment: 1n, min: 1n, max: 1_000_000n },
    draw: async (count) => [{ first: this.#taken(count), count }],
    reserve: async (values = 1_000) => {
      if (this.isForbidden) throw new Error('must be owner of the sequence');
      return { first: this.#taken(values), count: values };
    },
    close: async () => undefined,
  });

  take(): bigint {
    return this.#taken(1);
  }

  #taken(count: number): bigint {
    const first = this.next;
    this.next += BigInt(count);
    return first;
  }
}

interface Adopting {
  readonly service: SeqcastService;
  readonly adoptions: AdoptionService;
  readonly book: AdoptionBook;
  values(count: number): Promise<readonly number[]>;
}

async function adopting(inner: SeqcastService, counter: OldCounter, life: string): Promise<Adopting> {
  const log = inner.eventLog?.();
  if (log === undefined) throw new Error('the service has no log');
  const rethrow = (error: unknown): never => {
    throw error;
  };
  const book = new AdoptionBook({ log, life, nowMs: Date.now, onFailure: rethrow });
  await book.start();
  const desk = new AdoptionDesk({
    ...{ book, service: inner, openCounter: counter.open, onProblem: rethrow },
    monotonicMs: () => performance.now(),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
  });
  desk.start();
  const service = withAdopted(inner, desk, book);
  return { service, adoptions: desk, book, values: async (count) => valuesOf(await service.next({ sequence: 'orders', count })) };
}

function valuesOf({ blocks }: NextAnswer): readonly number[] {
  return blocks.flatMap(({ start, count }) => Array.from({ length: count }, (_, index) => Number(start) + index));
}

describe('an adopted sequence of one process', () => {
  it('takes turns with old callers, is cut over, and counts what became of every value', async () => {
    const counter = new OldCounter();
    const { service, adoptions, values } = await adopting(await opened(), counter, 'a');
    await adoptions.adopt('orders', 'postgres://old/db?sequence=s');
    const got = [...(await values(4)), ...(await values(4)), Number(counter.take()), ...(await values(4))];
    expect(service.list().map(({ name }) => name)).toEqual(['orders']);
    expect(service.describe('orders')).toMatchObject({ definition: { increment: 1n, max: 1_000_000n } });
    await expect(service.create('orders', {})).rejects.toMatchObject({ code: 'SEQ_SEQUENCE_EXISTS' });
    await expect(service.drop('orders')).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED' });
    expect(await service.who('orders', 2n)).toMatchObject({ pool: 'adopted', incarnation: 'a', state: 'issued' });

    // Without the right to it nothing changes, and values go on coming out of the counter.
    counter.isForbidden = true;
    await expect(adoptions.commit('orders')).rejects.toThrow('must be owner');
    got.push(...(await values(1)));
    counter.isForbidden = false;
    const { goesOnFrom, goesOnTo, stock } = await adoptions.commit('orders');
    expect([Number(goesOnTo) - Number(goesOnFrom), stock]).toEqual([999, 0]);
    await until(() => service.describe('orders').definition.max === BigInt(goesOnTo ?? 0));
    const behind = await values(3);
    expect(behind[0]).toBeGreaterThanOrEqual(Number(goesOnFrom));
    got.push(...behind, Number(counter.take()));
    expect(new Set(got).size).toBe(got.length);
    expect(counter.next).toBeGreaterThan(BigInt(goesOnTo ?? 0));
    const { ok, accounts } = await service.audit();
    const drawn = accounts.find(({ adoption }) => adoption !== undefined);
    expect(ok).toBe(true);
    expect(drawn).toMatchObject({ issued: 13, stock: 0, inDoubt: 0, balanced: true });
    expect((drawn?.burnt ?? 0) + 13).toBe(drawn?.claimed);
    await expect(adoptions.abandon('orders')).rejects.toMatchObject({ message: expect.stringContaining('committed already') });
  });

  it('that was killed draws anew and doubts what was at hand; killed between the last draw and the ledger, it is finished by the next', async () => {
    const counter = new OldCounter();
    const inner = await opened();
    const first = await adopting(inner, counter, 'a');
    await first.adoptions.adopt('orders', 'postgres://old/db?sequence=s');
    const got = [...(await first.values(3))];
    await first.book.close();

    const second = await adopting(inner, counter, 'b');
    got.push(...(await second.values(3)));
    expect(new Set(got).size).toBe(6);
    expect(await second.service.who('orders', 5n)).toMatchObject({ state: 'in-doubt', incarnation: 'a' });
    const reserved = await (await counter.open()).reserve(500);
    await second.book.close();
    const third = await adopting(inner, counter, 'c');
    const { id } = third.book.state.newest.get('orders') ?? { id: -1 };
    await third.book.say({ sequence: 'orders', event: 'reserved', adoption: id, runs: [reserved] });
    await third.book.close();

    const fourth = await adopting(inner, counter, 'd');
    expect(await fourth.values(2)).toEqual([Number(reserved.first), Number(reserved.first) + 1]);
    expect(fourth.adoptions.list()).toMatchObject([{ state: 'committed', goesOnFrom: String(reserved.first) }]);
  });

  it('refuses what the counter gives again once it was set back, and goes on when it is put right', async () => {
    const counter = new OldCounter();
    const { adoptions, values } = await adopting(await opened(), counter, 'a');
    await adoptions.adopt('orders', 'postgres://old/db?sequence=s');
    const got = [...(await values(20))];
    counter.next = 5n;
    await values(10).then((more) => got.push(...more));
    await expect(values(60)).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE', message: expect.stringContaining('set back') });
    counter.next = 1_000n;
    got.push(...(await values(60)));
    expect(new Set(got).size).toBe(got.length);
  });
});

describe('an adopted sequence of several processes', () => {
  let installation: Installation;
  beforeEach(async () => {
    installation = await installed();
  });

  it('is drawn from by two gateways side by side; both hear of a cut-over, and of the way back', async () => {
    await installation.allocator('allocator-a');
    await installation.filler('filler-a', 'pool-0');
    const gateways = [await installation.gateway('gateway-a'), await installation.gateway('gateway-b')];
    await until(() => gateways.every(({ parts }) => parts.members.livingPools().length === 1));
    const counter = new OldCounter();
    const [a, b] = await Promise.all(gateways.map(({ service }, index) => adopting(service, counter, `life-${index}`)));
    if (a === undefined || b === undefined) throw new Error('there are two');
    await a.adoptions.adopt('orders', 'postgres://old/db?sequence=s');
    await until(() => b.adoptions.list().length === 1);
    await expect(b.adoptions.adopt('orders', 'postgres://old/db?sequence=s')).rejects.toMatchObject({ code: 'SEQ_SEQUENCE_EXISTS' });
    const got: number[] = [];
    const ask = async (each: Adopting) => {
      for (let i = 0; i < 30; i++) got.push(...(await each.values(1 + (i % 7))));
    };
    const asked = Promise.all([ask(a), ask(b)]);
    const { goesOnFrom } = await b.adoptions.commit('orders', 5_000);
    await asked;
    await until(() => [a, b].every(({ service }) => service.describe('orders').definition.start === BigInt(goesOnFrom ?? 0)));
    got.push(...(await a.values(5)), ...(await b.values(5)), Number(counter.take()));
    expect(new Set(got).size).toBe(got.length);

    await a.adoptions.adopt('bills', 'postgres://old/db?sequence=s');
    await until(() => b.adoptions.list().length === 2);
    await b.service.next({ sequence: 'bills', count: 1 });
    await a.adoptions.abandon('bills');
    await until(() => b.adoptions.list().at(-1)?.state === 'abandoned');
    for (const { service } of [a, b]) {
      const refused = async () => await service.next({ sequence: 'bills', count: 1 });
      await expect(refused()).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE', message: expect.stringContaining('abandoned') });
    }
  });
});
