/** A registrar with one life and one series, called as a pool calls it: what the scenarios of the kit are told with. */
import { expect } from 'vitest';
import type { ErrorCode } from '../../core/errors.ts';
import type { Interval } from '../../core/interval.ts';
import type { Writer } from '../../core/reservation/lineage.ts';
import type { RegisteredReservation, Registrar, RegistrarCommand, RegistrarOutcome } from '../../pipelines/ports.ts';
import { aSeries } from './registrar-load.ts';

export const MINUTE_MS = 60_000;

type ReserveOptions = Partial<Omit<Extract<RegistrarCommand, { kind: 'reserve' }>, 'kind' | 'key'>>;

export interface Calls {
  readonly registrar: Registrar;
  readonly writer: Writer;
  readonly series: number;
  one(command: RegistrarCommand): Promise<RegistrarOutcome>;
  /** These fail the test when they are refused. */
  reserve(key: string, options?: ReserveOptions): Promise<RegisteredReservation>;
  issue(key: string | undefined, count?: number): Promise<RegisteredReservation>;
  confirm(held: { readonly id: string }): Promise<RegisteredReservation>;
  cancel(held: { readonly id: string }, because?: string): Promise<RegisteredReservation>;
  /** The code of the refusal; fails the test when there is none. */
  refused(command: RegistrarCommand): Promise<ErrorCode>;
}

/** Runs a scenario with a fresh registrar; `granted` ordinals at first. */
export type WithCalls = (scenario: (calls: Calls) => Promise<void>, granted?: number) => Promise<void>;

/** `granted` ordinals at first. */
export async function begun(registrar: Registrar, granted = 1_000_000, life = 'life-1'): Promise<Calls> {
  await registrar.recordLife(life);
  const writer = { life, ops: 0 };
  const { status } = await registrar.openSeries(writer, aSeries());
  if (granted > status.granted) await registrar.grant(writer, status.series, { start: status.granted, end: granted });
  return callsOf(registrar, writer, status.series);
}

export function callsOf(registrar: Registrar, writer: Writer, series: number): Calls {
  const one = async (command: RegistrarCommand): Promise<RegistrarOutcome> => {
    const { outcomes } = await registrar.apply(writer, [command]);
    expect(outcomes).toHaveLength(1);
    return outcomes[0] as RegistrarOutcome;
  };
  const done = async (command: RegistrarCommand): Promise<RegisteredReservation> => {
    const outcome = await one(command);
    if ('refusal' in outcome) throw outcome.refusal;
    return outcome.reservation;
  };
  return {
    registrar,
    writer,
    series,
    one,
    reserve: (key, options = {}) => done({ ...reserving(series, key), ...options }),
    issue: (key, count = 1) => done({ kind: 'issue', series, key, payloadHash: 'payload', count, owner: 'shop', nowMs: 0 }),
    confirm: ({ id }) => done(confirming(id)),
    cancel: ({ id }, because = 'changed my mind') => done(cancelling(id, because)),
    async refused(command) {
      const outcome = await one(command);
      if (!('refusal' in outcome)) throw new Error(`not refused: ${JSON.stringify(outcome)}`);
      return outcome.refusal.code;
    },
  };
}

export function reserving(series: number, key: string): Extract<RegistrarCommand, { kind: 'reserve' }> {
  return { kind: 'reserve', series, key, payloadHash: 'payload', count: 1, ttlMs: MINUTE_MS, owner: 'shop', nowMs: 0 };
}

export function confirming(id: string): RegistrarCommand {
  return { kind: 'confirm', id, by: 'shop', nowMs: 10 };
}

export function cancelling(id: string, because = 'changed my mind'): RegistrarCommand {
  return { kind: 'cancel', id, by: 'shop', because, nowMs: 20 };
}

export function ordinalsOf({ intervals }: { readonly intervals: readonly Interval[] }): number[] {
  return intervals.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index));
}
