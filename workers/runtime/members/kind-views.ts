/** Which kinds of pool serve the streams of a sequence, and why, as `describe` and `explain` say it. */
import type { Generation } from '../../../core/ledger/ranges.ts';
import { firstKind, isRegistered, type KindChoice, type PoolKind } from '../../../core/pool-kind.ts';
import { usageOf } from '../../../core/usage.ts';
import type { ServedStream } from '../pool/served-stream.ts';

export interface KindView {
  readonly kind: PoolKind;
  readonly streams: number;
  /** The reason of the stream that came to this kind last. */
  readonly because: string;
}

/** One for each kind; at least one, also before anybody has called. */
export function kindViews(streams: Iterable<ServedStream>, { name, definition }: Generation): KindView[] {
  const first = firstKind(definition, 0);
  if (isRegistered(definition)) return [{ kind: first.kind, streams: 1, because: first.because }];
  const newest = new Map<PoolKind, { readonly sinceMs: number; readonly because: string; readonly streams: number }>();
  for (const { sequence, chosen: known } of streams) {
    if (sequence !== name) continue;
    // A stream that was not asked since its sequence was altered is what it will be then.
    const chosen = known.by === first.by ? known : first;
    const before = newest.get(chosen.kind);
    const { because, sinceMs } = before !== undefined && before.sinceMs > chosen.sinceMs ? before : chosen;
    newest.set(chosen.kind, { because, sinceMs, streams: (before?.streams ?? 0) + 1 });
  }
  if (newest.size === 0) return [{ kind: first.kind, streams: 0, because: first.because }];
  return [...newest].map(([kind, { because, streams: count }]) => ({ kind, streams: count, because }));
}

const BY = { guarantee: 'what is promised', operator: "an operator's word", usage: 'usage' } as const satisfies Record<
  KindChoice['by'],
  string
>;

export function kindSentence({ kind, by, because }: KindChoice): string {
  return `Pool kind ${kind}, by ${BY[by]}: ${because}.`;
}

/** The choice with what it would be judged by now. */
export function streamKindSentences({ chosen, usage, restingSinceMs }: ServedStream, nowMs: number): string[] {
  const { calls, callsPerSecond, usualRequest } = usageOf(usage, nowMs);
  const used = `As used lately: ${(callsPerSecond * 3_600).toFixed(1)} calls/h, three of four for ${usualRequest} values or more (${Math.round(calls)} calls).`;
  const resting = Number.isFinite(restingSinceMs)
    ? [`Nobody called for long: its stock was given back at ${new Date(restingSinceMs).toISOString()}.`]
    : [];
  return [kindSentence(chosen), ...(chosen.by === 'usage' ? [used] : []), ...resting];
}
