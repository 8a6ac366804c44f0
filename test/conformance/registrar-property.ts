/**
 * A registrar against a model that knows one thing of each ordinal, who has it, and one of each reservation, how it stands. Whatever is
 * asked in whatever order, with right, wrong and repeated arguments, both say the same, and the reports add up.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ErrorCode } from '../../core/errors.ts';
import type { ReservationState } from '../../core/reservation/states.ts';
import type { RegisteredReservation, Registrar } from '../../pipelines/ports.ts';
import { type Harness, using } from './harness.ts';
import { begun, type Calls, callsOf, cancelling, confirming, ordinalsOf, reserving } from './registrar-calls.ts';
import { aSeries } from './registrar-load.ts';

const RUNS = 40;
const GRANT = 12;
const KEYS = 6;
const TTL_MS = 1_000;

interface Known {
  readonly id: string;
  readonly key: string | undefined;
  readonly payloadHash: string;
  readonly ordinals: readonly number[];
  readonly expiresAtMs: number;
  state: ReservationState;
}

interface Model {
  readonly reservations: Known[];
  /** Ordinals that were given up; everything below `next` that is not here is held. */
  readonly free: Set<number>;
  next: number;
  granted: number;
  nowMs: number;
}

type RegistrarStep = fc.AsyncCommand<Model, Calls>;

function step(text: string, run: (model: Model, calls: Calls) => Promise<void>): RegistrarStep {
  return { check: () => true, run, toString: () => text };
}

/** What the next `count` ordinals are; undefined when there are not so many. */
function expectedOrdinals(model: Model, count: number): number[] | undefined {
  const fresh = Array.from({ length: model.granted - model.next }, (_, index) => model.next + index);
  const all = [...[...model.free].sort((a, b) => a - b), ...fresh];
  return all.length < count ? undefined : all.slice(0, count);
}

function remember(model: Model, got: RegisteredReservation): void {
  const ordinals = ordinalsOf(got);
  for (const ordinal of ordinals) model.free.delete(ordinal);
  model.next = Math.max(model.next, ...ordinals.map((ordinal) => ordinal + 1));
  const { id, key, payloadHash, state, expiresAtMs = Number.POSITIVE_INFINITY } = got;
  model.reservations.push({ id, key, payloadHash, ordinals, expiresAtMs, state });
}

const reserves = fc.tuple(fc.nat(KEYS - 1), fc.integer({ min: 1, max: 4 }), fc.nat(3)).map(([k, count, payload]) =>
  step(`reserve k${k} ${count} ${payload}`, async (model, { one, series }) => {
    const key = `k${k}`;
    const payloadHash = payload === 0 ? 'another' : `payload-of-${count}`;
    const known = model.reservations.find((each) => each.key === key);
    const outcome = await one({ ...reserving(series, key), count, payloadHash, ttlMs: TTL_MS, nowMs: model.nowMs });
    if (known !== undefined) {
      const same = known.payloadHash === payloadHash && known.ordinals.length === count;
      if (!same) return expectRefused(outcome, 'SEQ_REQUEST_CONFLICT');
      expect(outcome).toMatchObject({ repeated: true, reservation: { id: known.id, state: known.state } });
      return;
    }
    const ordinals = expectedOrdinals(model, count);
    if (ordinals === undefined) return expectRefused(outcome, 'SEQ_GRANT_AWAITED');
    if ('refusal' in outcome) throw outcome.refusal;
    expect(ordinalsOf(outcome.reservation)).toEqual(ordinals);
    remember(model, outcome.reservation);
  }),
);

const issues = fc.integer({ min: 1, max: 3 }).map((count) =>
  step(`issue ${count}`, async (model, { one, series }) => {
    const command = { kind: 'issue', series, key: undefined, payloadHash: '', count, owner: '', nowMs: model.nowMs } as const;
    const outcome = await one(command);
    const ordinals = expectedOrdinals(model, count);
    if (ordinals === undefined) return expectRefused(outcome, 'SEQ_GRANT_AWAITED');
    if ('refusal' in outcome) throw outcome.refusal;
    expect(ordinalsOf(outcome.reservation)).toEqual(ordinals);
    remember(model, outcome.reservation);
  }),
);

const REFUSALS: Readonly<Record<'confirmed' | 'cancelled', Partial<Record<ReservationState, ErrorCode>>>> = {
  confirmed: { cancelled: 'SEQ_RESERVATION_CANCELLED', expired: 'SEQ_RESERVATION_EXPIRED' },
  cancelled: { confirmed: 'SEQ_RESERVATION_CONFIRMED' },
};

const ends = fc.tuple(fc.nat(), fc.constantFrom('confirmed' as const, 'cancelled' as const)).map(([pick, to]) =>
  step(`${to} #${pick % 10}`, async (model, { one }) => {
    const known = model.reservations[pick % Math.max(model.reservations.length, 1)];
    const id = known?.id ?? '1-1-nobody';
    const outcome = await one(to === 'confirmed' ? confirming(id) : cancelling(id));
    if (known === undefined) return expectRefused(outcome, 'SEQ_UNKNOWN_RESERVATION');
    const refusal = REFUSALS[to][known.state];
    if (refusal !== undefined) return expectRefused(outcome, refusal);
    if (known.state === 'reserved') end(model, known, to);
    expect(outcome).toMatchObject({ reservation: { id, state: known.state } });
  }),
);

const sweeps = fc.integer({ min: -500, max: 900 }).map((stepMs) =>
  step(`clock ${stepMs}, sweep`, async (model, { registrar, writer, series }) => {
    model.nowMs = Math.max(0, model.nowMs + stepMs);
    const overdue = model.reservations.filter(({ state, expiresAtMs }) => state === 'reserved' && expiresAtMs <= model.nowMs);
    const { expired } = await registrar.sweep(writer, model.nowMs);
    const own = expired.filter((each) => each.series === series);
    expect(own.map(({ id }) => id).sort()).toEqual(overdue.map(({ id }) => id).sort());
    for (const each of overdue) end(model, each, 'expired');
  }),
);

const grants = fc.constant(
  step('grant', async (model, { registrar, writer, series }) => {
    await registrar.grant(writer, series, { start: model.granted, end: model.granted + GRANT });
    model.granted += GRANT;
  }),
);

const checks = fc.constant(
  step('check the reports', async (model, { registrar, series }) => {
    const open = model.reservations.filter(({ state }) => state === 'reserved');
    const { next, granted } = model;
    expect(await registrar.status(series)).toMatchObject({ next, granted, free: model.free.size, open: open.length });
    const voids = await registrar.voids(series, { from: 0, limit: 1_000 });
    const expected = [...model.free, ...open.flatMap(({ ordinals }) => ordinals)].sort((a, b) => a - b);
    expect(voids.flatMap((each) => ordinalsOf({ intervals: [each] }))).toEqual(expected);
    for (let ordinal = 0; ordinal < next; ordinal += 5) {
      const holders = model.reservations.filter(({ ordinals }) => ordinals.includes(ordinal));
      expect((await registrar.holders(series, ordinal)).map(({ id }) => id)).toEqual(holders.map(({ id }) => id));
    }
  }),
);

const program = fc.commands([reserves, reserves, issues, ends, ends, sweeps, grants, checks], { maxCommands: 40, size: 'max' });

export function registrarProperty(harness: Harness<Registrar>): void {
  test('says what a model of its ordinals says, and holds none twice', () =>
    using(harness, async (registrar) => {
      const { writer } = await begun(registrar);
      let run = 0;
      await fc.assert(
        fc.asyncProperty(program, async (commands) => {
          // Each run has a series of its own; opening a store for each would take longer than all that is asked of it.
          const label = `run-${++run}`;
          const { status } = await registrar.openSeries(writer, aSeries({ label, keyScope: label }));
          await registrar.grant(writer, status.series, { start: 0, end: GRANT });
          const model: Model = { reservations: [], free: new Set(), next: 0, granted: GRANT, nowMs: 0 };
          await fc.asyncModelRun(() => ({ model, real: callsOf(registrar, writer, status.series) }), [...commands]);
          const held = model.reservations.filter(({ state }) => state === 'reserved' || state === 'confirmed');
          const ordinals = held.flatMap((each) => each.ordinals);
          expect(new Set(ordinals).size).toBe(ordinals.length);
          expect(ordinals.length + model.free.size).toBe(model.next);
        }),
        { numRuns: RUNS },
      );
    }));
}

function end(model: Model, known: Known, state: ReservationState): void {
  known.state = state;
  if (state !== 'confirmed') for (const ordinal of known.ordinals) model.free.add(ordinal);
}

function expectRefused(outcome: Awaited<ReturnType<Calls['one']>>, code: ErrorCode): void {
  expect('refusal' in outcome ? outcome.refusal.code : outcome).toBe(code);
}
