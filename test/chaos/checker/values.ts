/** Values: no value in two answers, each in the live part of an accepted shard of its stream, and in order where that is promised. */
import type { Attempt } from './calls.ts';
import { holding, type Interval, overlaps } from './intervals.ts';
import { type Generation, keyOf, type Ledger, named } from './ledger.ts';
import type { Run, Violation } from './lines.ts';

/** Ordinals that somebody uses. */
export interface Used extends Interval {
  readonly generation: Generation;
  readonly attempt: Attempt;
}

export function usedOf(attempts: readonly Attempt[], ledger: Ledger, violations: Violation[]): Used[] {
  const used: Used[] = [];
  /** Asked again under its own name, a call gets again what it has: used once. */
  const keys = new Set<string>();
  for (const attempt of attempts) {
    const { ask, got, back } = attempt;
    if (ask.what !== 'next' || got?.runs === undefined) continue;
    const key = ask.key === undefined ? undefined : `${ask.stream} ${ask.key} ${JSON.stringify(got.runs)}`;
    if (key !== undefined && keys.has(key)) continue;
    if (key !== undefined) keys.add(key);
    checkCount(attempt, violations);
    const given = back.flatMap(({ runs }) => runs.map((run) => ordinalsOf(run, ask.sequence, ledger)?.interval));
    for (const run of got.runs) {
      const found = ordinalsOf(run, ask.sequence, ledger);
      if (found === undefined) {
        violations.push({
          kind: 'outside-shards',
          message: `${ask.id} got ${run.join(' ')} of ${ask.sequence}, which are no values of it`,
        });
        continue;
      }
      const end = Math.min(
        found.interval.end,
        ...given.filter((each) => each !== undefined && each.end === found.interval.end).map((each) => each?.start ?? 0),
      );
      if (end > found.interval.start) used.push({ start: found.interval.start, end, generation: found.generation, attempt });
    }
  }
  return used;
}

function checkCount({ ask, got }: Attempt, violations: Violation[]): void {
  const count = (got?.runs ?? []).reduce((sum, [, each]) => sum + each, 0);
  if (count !== ask.count) violations.push({ kind: 'outside-shards', message: `${ask.id} asked for ${ask.count} values and got ${count}` });
}

/** The runs of a chaos run lie in the one generation that its sequences have. */
function ordinalsOf([start, count]: Run, sequence: string, ledger: Ledger): { interval: Interval; generation: Generation } | undefined {
  const generation = ledger.generationsOf(sequence).at(-1);
  if (generation === undefined) return undefined;
  const distance = BigInt(start) - generation.start;
  if (distance % generation.increment !== 0n || distance / generation.increment < 0n) return undefined;
  const ordinal = Number(distance / generation.increment);
  return { interval: { start: ordinal, end: ordinal + count }, generation };
}

export function checkDuplicates(used: readonly Used[], violations: Violation[]): void {
  for (const [key, parts] of byGeneration(used)) {
    for (const { first, second, ordinals } of overlaps(parts)) {
      const both = `${shown(first)} and ${shown(second)}`;
      violations.push({
        kind: 'duplicate',
        message: `${ordinals} values of ${key} from ordinal ${second.start} on are in two answers: ${both}`,
      });
    }
  }
}

export function checkShards(used: readonly Used[], ledger: Ledger, violations: Violation[]): void {
  const live = ledger.liveParts();
  for (const each of used) {
    const part = holding(live.get(keyOf(each.generation)) ?? [], each);
    const what = `ordinals ${each.start} to ${each.end - 1} of ${keyOf(each.generation)}, in ${shown(each)},`;
    if (part === undefined)
      violations.push({ kind: 'outside-shards', message: `${what} do not lie in the live part of an accepted shard` });
    else if (part.shard.stream !== each.attempt.ask.stream)
      violations.push({ kind: 'outside-shards', message: `${what} lie in ${named(part.shard)} of another stream, ${part.shard.stream}` });
    else checkBooking(each, part.shard, what, violations);
  }
}

/** Where an answer says in which shard it was booked, the ledger must say the same. */
function checkBooking(
  { start, attempt }: Used,
  { partition, shard }: { partition: number; shard: number },
  what: string,
  violations: Violation[],
): void {
  const booked = attempt.got?.booked?.find(([ordinal]) => ordinal === start);
  if (booked !== undefined && (booked[3] !== partition || booked[4] !== shard))
    violations.push({
      kind: 'outside-shards',
      message: `${what} are booked in ${booked[3]}:${booked[4]}, and the ledger has them in ${partition}:${shard}`,
    });
}

/** I11: an answer that was there before another call was made has the lower values. */
export function checkOrder(used: readonly Used[], violations: Violation[]): void {
  const streams = new Map<string, Used[]>();
  for (const each of used) {
    if (each.generation.order === 'none') continue;
    const key = each.generation.order === 'sequence' ? keyOf(each.generation) : `${keyOf(each.generation)} ${each.attempt.ask.stream}`;
    const same = streams.get(key);
    if (same === undefined) streams.set(key, [each]);
    else same.push(each);
  }
  for (const [key, all] of streams) {
    const byAsking = [...all].sort((a, b) => a.attempt.ask.at - b.attempt.ask.at);
    const byAnswer = [...all].sort((a, b) => (a.attempt.got?.at ?? 0) - (b.attempt.got?.at ?? 0));
    let highest: Used | undefined;
    let next = 0;
    for (const later of byAsking) {
      for (; (byAnswer[next]?.attempt.got?.at ?? Infinity) < later.attempt.ask.at; next++) {
        const earlier = byAnswer[next] as Used;
        if (highest === undefined || earlier.end > highest.end) highest = earlier;
      }
      if (highest !== undefined && later.start < highest.end)
        violations.push({
          kind: 'order',
          message: `${key}: ${shown(later)} got ordinal ${later.start} after ${shown(highest)} had got ${highest.end - 1}`,
        });
    }
  }
}

function byGeneration(used: readonly Used[]): Map<string, Used[]> {
  const found = new Map<string, Used[]>();
  for (const each of used) {
    const key = keyOf(each.generation);
    const same = found.get(key);
    if (same === undefined) found.set(key, [each]);
    else same.push(each);
  }
  return found;
}

function shown({ attempt: { ask, got } }: Used): string {
  return `${ask.id} (${ask.via}, asked ${ask.at.toFixed(0)}, got ${got?.at.toFixed(0)})`;
}
