/** Judges what callers of a registrar were told, over all of its lives, against what it says in the end: T1 to T8 from outside. */
import { expect } from 'vitest';
import type { RegisteredReservation, Registrar } from '../../pipelines/ports.ts';
import { type Calls, callsOf, ordinalsOf, reserving } from './registrar-calls.ts';
import { countOf, payloadHashOf, type Told } from './registrar-load.ts';

type Held = Extract<Told, { what: 'held' }>;

/** Keys asked again in the end: enough to meet each kind of reservation of each life. */
const ASKED_AGAIN_MAX = 400;

export async function expectSoundHistory(registrar: Registrar, told: readonly Told[], life: string): Promise<void> {
  const held = new Map<string, Held>();
  const ends = new Map<string, string>();
  let ops = 0;
  for (const each of told) {
    if ('ops' in each) ops = Math.max(ops, each.ops);
    if (each.what === 'held') {
      // T4: a key that was asked again, also by another life, has one answer.
      const before = held.get(each.key);
      if (before !== undefined) expect(each).toMatchObject({ id: before.id, ordinals: before.ordinals });
      held.set(each.key, each);
    } else if (each.what !== 'refused') {
      // T7, T8: a reservation ends in one way, whoever says so.
      expect(ends.get(each.id) ?? each.what).toBe(each.what);
      ends.set(each.id, each.what);
    }
  }
  for (const each of told) if (each.what === 'refused') expectFittingRefusal(each, ends.get(each.id));
  expect((await registrar.lineage()).ops).toBeGreaterThanOrEqual(ops);
  await expectKept(registrar, held, ends);
  await registrar.recordLife(life);
  const { series = 1 } = (await registrar.status(1)) ?? {};
  const calls = callsOf(registrar, { life, ops }, series);
  await expectEachOrdinalHeldOnce(calls);
  await expectKeysAnswered(calls, [...held.values()]);
  await expectNoGapOnceNothingIsOpen(calls);
}

function expectFittingRefusal({ asked, code }: Extract<Told, { what: 'refused' }>, end: string | undefined): void {
  const expected =
    asked === 'cancel'
      ? { confirmed: 'SEQ_RESERVATION_CONFIRMED' }
      : { cancelled: 'SEQ_RESERVATION_CANCELLED', expired: 'SEQ_RESERVATION_EXPIRED' };
  expect(Object.values(expected)).toContain(code);
  // The end itself may have been told to a process that died before it said so.
  if (end !== undefined) expect(code).toBe((expected as Record<string, string>)[end]);
}

/** T6: what was told is there, as it was told. */
async function expectKept(registrar: Registrar, held: ReadonlyMap<string, Held>, ends: ReadonlyMap<string, string>): Promise<void> {
  const found = await Promise.all([...held.values()].map(({ id }) => registrar.find(id)));
  for (const [index, each] of [...held.values()].entries()) {
    const kept = found[index] as RegisteredReservation;
    expect({ key: kept.key, ordinals: ordinalsOf(kept) }).toEqual({ key: each.key, ordinals: each.ordinals });
  }
  const ended = await Promise.all([...ends.keys()].map((id) => registrar.find(id)));
  expect(ended.map((each) => each?.state)).toEqual([...ends.values()]);
}

/** T1: of all who ever held an ordinal at most one holds it now; where none does, the report of voids says so. */
async function expectEachOrdinalHeldOnce({ registrar, series }: Calls): Promise<void> {
  const { next = 0, free } = (await registrar.status(series)) ?? {};
  const voids = await allVoids(registrar, series);
  const freeNow = new Set(
    voids.filter(({ reservation }) => reservation.state !== 'reserved').flatMap((each) => ordinalsOf({ intervals: [each] })),
  );
  expect(freeNow.size).toBe(free);
  for (let ordinal = 0; ordinal < next; ordinal++) {
    const holders = await registrar.holders(series, ordinal);
    const now = holders.filter(({ state }) => state === 'reserved' || state === 'confirmed');
    if (now.length !== (freeNow.has(ordinal) ? 0 : 1))
      expect.fail(`ordinal ${ordinal} is held by ${now.map(({ id }) => id).join(', ') || 'nobody'}`);
  }
}

async function allVoids(registrar: Registrar, series: number) {
  const all = [];
  for (let from = 0; ; ) {
    const page = await registrar.voids(series, { from, limit: 100 });
    if (page.length === 0) return all;
    all.push(...page);
    from = page.at(-1)?.end ?? 0;
  }
}

/** T4, T5: every key has its answer, and for another payload a refusal. */
async function expectKeysAnswered({ one, series }: Calls, held: readonly Held[]): Promise<void> {
  const every = Math.ceil(held.length / ASKED_AGAIN_MAX);
  for (const { key, id, ordinals } of held.filter((_, index) => index % every === 0)) {
    const n = Number(key.split('.')[1]);
    const again = { ...reserving(series, key), payloadHash: payloadHashOf(key), count: countOf(n), nowMs: 0 };
    const outcome = await one(n % 10 === 9 ? { ...again, kind: 'issue' } : again);
    if ('refusal' in outcome) throw outcome.refusal;
    expect(outcome).toMatchObject({ repeated: true, reservation: { id } });
    expect(ordinalsOf(outcome.reservation)).toEqual(ordinals);
    expect(await one({ ...again, payloadHash: 'another' })).toMatchObject({ refusal: { code: 'SEQ_REQUEST_CONFLICT' } });
  }
}

/** T2, T3: what was given up is filled lowest first, and then the confirmed ordinals are 0, 1, 2 … */
async function expectNoGapOnceNothingIsOpen(calls: Calls): Promise<void> {
  const { registrar, writer, series, confirm, reserve } = calls;
  for (let more = true; more; ) ({ more } = await registrar.sweep(writer, Number.MAX_SAFE_INTEGER));
  const { next = 0, free = 0 } = (await registrar.status(series)) ?? {};
  const lowest = (await allVoids(registrar, series)).flatMap((each) => ordinalsOf({ intervals: [each] }));
  if (free > 0) expect(ordinalsOf(await confirm(await reserve('fill', { count: free })))).toEqual(lowest);
  expect(await registrar.status(series)).toMatchObject({ next, free: 0, open: 0 });
  expect(await registrar.voids(series, { from: 0, limit: 1 })).toEqual([]);
}
