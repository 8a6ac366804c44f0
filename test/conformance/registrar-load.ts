/**
 * Callers of a registrar that never stop, and what they were told. A process that runs them is killed, another one goes on with the same
 * keys, and `registrar-history.ts` judges what all of them together were told. Nothing here knows which store it is.
 */
import type { Registrar, RegistrarCommand, RegistrarOutcome, SeriesToOpen } from '../../pipelines/ports.ts';

/** What a caller was told, one line each. */
export type Told =
  | { readonly what: 'held'; readonly key: string; readonly id: string; readonly ordinals: readonly number[]; readonly ops: number }
  | { readonly what: 'confirmed' | 'cancelled' | 'expired'; readonly id: string; readonly ops: number }
  | { readonly what: 'refused'; readonly asked: 'confirm' | 'cancel'; readonly id: string; readonly code: string };

export interface Load {
  readonly registrar: Registrar;
  readonly life: string;
  /** How far each hand had come when it was last heard of. */
  readonly counts: readonly number[];
  readonly nowMs: () => number;
  readonly tell: (told: Told) => void;
}

/** Keys a hand asks again for after its process was killed: whether they were answered before or not, there is one answer. */
const ASKED_AGAIN = 3;
const TTL_MS = 1_000;
const SWEEP_EVERY_MS = 15;

export function aSeries(options: Partial<SeriesToOpen> = {}): SeriesToOpen {
  return { sequence: 'invoices', generation: 7, label: '', keyScope: 'invoices', capacity: 1_000_000, ...options };
}

export function payloadHashOf(key: string): string {
  return `payload-of-${key}`;
}

export function countOf(n: number): number {
  return 1 + (n % 3);
}

/** Runs until the process dies. */
export async function loadForEver({ registrar, life, counts, nowMs, tell }: Load): Promise<void> {
  await registrar.recordLife(life);
  const writer = { life, ops: 0 };
  const { status } = await registrar.openSeries(writer, aSeries());
  await registrar.grant(writer, status.series, { start: 0, end: 1_000_000 });
  const { series } = status;

  async function one(command: RegistrarCommand): Promise<RegistrarOutcome & { readonly ops: number }> {
    const { outcomes, ops } = await registrar.apply(writer, [command]);
    return { ...(outcomes[0] as RegistrarOutcome), ops };
  }

  async function end(kind: 'confirm' | 'cancel', id: string): Promise<void> {
    const words = { id, by: 'hand', nowMs: nowMs() };
    const outcome = await one(kind === 'confirm' ? { kind, ...words } : { kind, ...words, because: 'rolled back' });
    if ('refusal' in outcome) tell({ what: 'refused', asked: kind, id, code: outcome.refusal.code });
    else if (outcome.reservation.state !== 'reserved') tell({ what: outcome.reservation.state, id, ops: outcome.ops });
  }

  async function hand(index: number): Promise<void> {
    for (let n = Math.max(0, (counts[index] ?? 0) - ASKED_AGAIN); ; n++) {
      const key = `${index}.${n}`;
      const common = { series, key, payloadHash: payloadHashOf(key), count: countOf(n), owner: `hand ${index}`, nowMs: nowMs() };
      const outcome = await one(n % 10 === 9 ? { kind: 'issue', ...common } : { kind: 'reserve', ...common, ttlMs: TTL_MS });
      if ('refusal' in outcome) throw outcome.refusal;
      const { id, intervals } = outcome.reservation;
      const ordinals = intervals.flatMap(({ start, end: to }) => Array.from({ length: to - start }, (_, i) => start + i));
      tell({ what: 'held', key, id, ordinals, ops: outcome.ops });
      // Two of ten are left to the sweeper; now and then both ends are tried, in either order.
      if (n % 10 < 5 || n % 10 === 9) await end('confirm', id);
      else if (n % 10 < 7) await end('cancel', id);
      if (n % 4 === 0) await end(n % 8 === 0 ? 'cancel' : 'confirm', id);
    }
  }

  async function sweep(): Promise<void> {
    for (;;) {
      const { expired, ops } = await registrar.sweep(writer, nowMs());
      for (const { id } of expired) tell({ what: 'expired', id, ops });
      await new Promise((resolve) => {
        setTimeout(resolve, SWEEP_EVERY_MS);
      });
    }
  }

  await Promise.all([sweep(), ...counts.map((_, index) => hand(index))]);
}
