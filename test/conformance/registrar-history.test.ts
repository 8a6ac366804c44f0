/** The judge of histories itself: it passes a store that kept everything, and not one that lost its last transactions. */
import { describe, expect, test } from 'vitest';
import type { Registrar } from '../../pipelines/ports.ts';
import { MemoryRegistrar } from '../core/reservation/memory-registrar.ts';
import { expectSoundHistory } from './registrar-history.ts';
import { loadForEver, type Told } from './registrar-load.ts';

const TOLD = 600;
const HANDS = 6;

type Transaction = (registrar: Registrar) => Promise<unknown>;

/** What callers were told by a registrar, and the transactions that it did meanwhile. */
async function history(): Promise<{ readonly told: readonly Told[]; readonly transactions: readonly Transaction[] }> {
  const told: Told[] = [];
  const transactions: Transaction[] = [];
  const memory = new MemoryRegistrar();
  const recorded = new Proxy<Registrar>(memory, {
    get:
      (_, name: keyof Registrar) =>
      (...args: unknown[]) => {
        const transaction: Transaction = (registrar) => (registrar[name] as (...all: unknown[]) => Promise<unknown>)(...args);
        transactions.push(transaction);
        return transaction(memory);
      },
  });
  // Time passes with every call, so that reservations expire within the few that are made here.
  let nowMs = 0;
  const passing = (): number => {
    if (told.length >= TOLD) throw new Error('enough');
    nowMs += 20;
    return nowMs;
  };
  const counts = Array.from({ length: HANDS }, () => 0);
  const load = { registrar: recorded, life: 'life-1', counts, nowMs: passing, tell: (one: Told) => void told.push(one) };
  await expect(loadForEver(load)).rejects.toThrow('enough');
  return { told, transactions };
}

async function afterOnly(transactions: readonly Transaction[]): Promise<Registrar> {
  const registrar = new MemoryRegistrar();
  for (const transaction of transactions) await transaction(registrar);
  return registrar;
}

describe('a history of what callers were told', () => {
  test('is sound where everything was kept', async () => {
    const { told, transactions } = await history();
    await expectSoundHistory(await afterOnly(transactions), told, 'the-last');
  });

  test.each([1, 5, 50])('is not where the last %i changes were lost after they had been told', async (lost) => {
    const { told, transactions } = await history();
    const kept = await afterOnly(transactions.slice(0, -lost - HANDS));
    await expect(expectSoundHistory(kept, told, 'the-last')).rejects.toThrow();
  });

  test('is not where a number was told to two, or a key twice', async () => {
    const { told, transactions } = await history();
    const held = told.filter((each) => each.what === 'held');
    const [first, second] = held as [(typeof held)[0], (typeof held)[0]];
    for (const wrong of [
      { ...first, ordinals: second.ordinals },
      { ...first, key: 'unheard-of.1' },
      { ...first, id: second.id },
    ])
      await expect(expectSoundHistory(await afterOnly(transactions), [...told, wrong], 'the-last')).rejects.toThrow();
  });
});
