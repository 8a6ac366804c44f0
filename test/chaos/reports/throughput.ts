/** Answers a second: in the calm before the first fault, in the windows of faults, outside of them, and while an allocator is dead. */
import type { Answered } from '../clients/answers.ts';
import { AFTER_WELL_MS, type Happened } from '../nemesis.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Throughput {
  readonly calmPerSecond: number;
  readonly insidePerSecond: number;
  readonly outsidePerSecond: number;
  readonly insideSeconds: number;
  readonly outsideSeconds: number;
  /** Of the calm one. */
  readonly outsideShare: number;
  readonly insideShare: number;
  readonly masterDead: {
    readonly calls: number;
    readonly withinASecond: number;
    readonly share: number;
    readonly seconds: number;
    /** The same share before the first fault: what the machine lets anybody have. */
    readonly calmShare: number;
  };
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly p999: number; readonly highest: number };
}

const ANSWERED_MS_MAX = 1_000;

export function throughputOf(answers: readonly Answered[], calm: Span, rage: Span, happened: readonly Happened[]): Throughput {
  const windows = joined(
    happened.map(({ begunAt, healthyAt = rage.to }) => ({ from: begunAt, to: Math.min(rage.to, healthyAt + AFTER_WELL_MS) })),
  );
  const insideMs = windows.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
  const outsideMs = Math.max(0, rage.to - rage.from - insideMs);
  const at = ({ from, to }: Span): number => answers.filter(({ answeredAt }) => answeredAt >= from && answeredAt < to).length;
  const inside = windows.reduce((sum, window) => sum + at(window), 0);
  const outside = at(rage) - inside;
  const calmPerSecond = perSecond(at(calm), calm.to - calm.from);
  const insidePerSecond = perSecond(inside, insideMs);
  const outsidePerSecond = perSecond(outside, outsideMs);
  const latencies = answers.map(({ askedAt, answeredAt }) => answeredAt - askedAt).sort((a, b) => a - b);
  const quantile = (q: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0;
  return {
    calmPerSecond,
    insidePerSecond,
    outsidePerSecond,
    insideSeconds: insideMs / 1_000,
    outsideSeconds: outsideMs / 1_000,
    outsideShare: outsideMs === 0 ? 1 : outsidePerSecond / calmPerSecond,
    insideShare: insideMs === 0 ? 1 : insidePerSecond / calmPerSecond,
    masterDead: whileMasterIsDead(answers, calm, happened),
    latencyMs: { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), highest: latencies.at(-1) ?? 0 },
  };
}

/** Of faults that came alone: what another one does to callers at the same time is not the allocator's doing. */
function whileMasterIsDead(answers: readonly Answered[], calm: Span, happened: readonly Happened[]): Throughput['masterDead'] {
  const spans = happened
    .filter(({ isMasterDead, isAlone }) => isMasterDead && isAlone)
    .map(({ begunAt, healedAt }) => ({ from: begunAt, to: healedAt }));
  const askedIn = (some: readonly Span[]): readonly Answered[] =>
    answers.filter(({ askedAt }) => some.some(({ from, to }) => askedAt >= from && askedAt < to));
  const soonOf = (calls: readonly Answered[]): number =>
    calls.filter(({ askedAt, answeredAt }) => answeredAt - askedAt <= ANSWERED_MS_MAX).length;
  const share = (calls: readonly Answered[]): number => (calls.length === 0 ? 1 : soonOf(calls) / calls.length);
  const calls = askedIn(spans);
  const seconds = spans.reduce((sum, { from, to }) => sum + to - from, 0) / 1_000;
  return { calls: calls.length, withinASecond: soonOf(calls), share: share(calls), seconds, calmShare: share(askedIn([calm])) };
}

function joined(spans: readonly Span[]): Span[] {
  const all: { from: number; to: number }[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else all.push({ from, to });
  }
  return all;
}

function perSecond(count: number, ms: number): number {
  return ms <= 0 ? 0 : (count * 1_000) / ms;
}
