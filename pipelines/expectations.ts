/**
 * What is expected of streams beside what their own history says: profiles, the pooled statistics of their kind, and announced bursts;
 * part of the forecast stage's fold. A stream is young for a day: while it is, its forecast is raised to what its profile or its kind
 * expects, less and less so. Nothing here ever lowers a reserve: a wrong expectation costs idle stock, at most its own rate for the
 * horizon, and never a stall.
 */
import type { HorizonDemand } from '../core/sizing/reserve.ts';
import { DEFAULT_CLIENT_TYPE, DEFAULT_SERVICE, parseStreamId } from '../core/stream.ts';
import { PooledKind } from '../models/cold-start/pooled-kind.ts';
import {
  type DemandProfile,
  type ExpectedDemand,
  profileExpects,
  profileMeanRate,
  profileMeanSqrtRate,
} from '../models/cold-start/profile.ts';
import type { BurstDeclared, ConsumptionEvent, ProfileSet } from '../schemas/messages.ts';
import { type AnnouncedBursts, burstDemand, burstRate, NO_BURSTS, withBurst } from './announced-bursts.ts';
import { profileMisfit } from './profile-check.ts';
import { keyOfProfile, profileFor } from './profile-keys.ts';
import { closeHours, countDemand, newYouth, type Youth } from './youth.ts';

export interface Expectations {
  /** By `keyOfProfile`. */
  readonly profiles: Map<string, ProfileSet>;
  readonly bursts: Map<string, AnnouncedBursts>;
  /** By client type and service. */
  readonly kinds: Map<string, PooledKind>;
  readonly streams: Map<string, Youth>;
}

/** A forecast as the stage says it, before and after expectations. */
export interface Said {
  readonly rate: number;
  readonly meanSqrtRate: number;
  readonly horizons: readonly HorizonDemand[];
  /** What it was raised by, as part of the model's id: `+profile`, `+kind`, `+burst`. */
  readonly by: string;
}

/** A stream is young for a day: then its history has seen every hour once. */
const YOUNG_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** For its first minute the rate it is expected to have counts: its own is a mean over a minute. */
const RATE_MS = 60_000;
/** A forecast stands until the next event, which comes as late as the one before did: so far ahead a window may begin. */
const AHEAD_MS_MAX = 900_000;
/** An expectation is corrected by what was asked for so far, as if this much demand had come as expected before. */
const PRIOR_MS = 300_000;
const PRIOR_VALUES = 20;
/** How far: a stream that is another order of magnitude is not of the kind. */
const LEVEL_MAX = 16;
/** Kinds that are learnt of in a partition, 1 KB each: client types and services are few, and whoever makes them up gains nothing. */
const KINDS_MAX = 1_000;

/** The shared stream is a mixture of kinds, and who names neither client type nor service has said nothing of its kind. */
const OF_NO_KIND = ['*/*', `${DEFAULT_CLIENT_TYPE}/${DEFAULT_SERVICE}`];

export function emptyExpectations(): Expectations {
  return { profiles: new Map(), bursts: new Map(), kinds: new Map(), streams: new Map() };
}

export function onProfileSet(state: Expectations, profile: ProfileSet): void {
  // Whoever wrote it: what makes no sense says nothing.
  if (profile.pattern === 'none' || profileMisfit(profile) !== undefined) state.profiles.delete(keyOfProfile(profile));
  else state.profiles.set(keyOfProfile(profile), profile);
}

/** Whoever copies announcements here takes them back when they are over: the fold does not go by the time of one event. */
export function onBurstDeclared(state: Expectations, declared: BurstDeclared): void {
  const { stream } = declared;
  const bursts = withBurst(state.bursts.get(stream) ?? NO_BURSTS, declared, Number.NEGATIVE_INFINITY);
  if (bursts.length === 0) state.bursts.delete(stream);
  else state.bursts.set(stream, bursts);
}

/** Takes in what a stream asked for: its kind learns of every hour that has passed. */
export function noteDemand(state: Expectations, event: ConsumptionEvent): void {
  const { stream, fromMs, toMs } = event;
  let youth = state.streams.get(stream);
  if (youth === undefined) {
    youth = newYouth(fromMs);
    state.streams.set(stream, youth);
  }
  const known = youth;
  const learns = kindToLearn(state, stream);
  closeHours(known, toMs, (hourStartMs, hour, isNew) => {
    if (hourStartMs - known.firstMs < YOUNG_MS) {
      known.observed += hour.demand;
      known.expected += hourExpected(state, stream, hourStartMs, sourceOf(state, stream, known));
    }
    learns?.learn(hourStartMs, hour, isNew);
  });
  countDemand(known, event);
}

/** The forecast of a stream at the end of an event, raised to what is expected. The event was noted before. */
export function withExpectations(state: Expectations, event: ConsumptionEvent, said: Said): Said {
  const youth = state.streams.get(event.stream);
  if (youth === undefined) return said;
  const grown = event.toMs - youth.firstMs >= YOUNG_MS;
  return onTopOfBursts(state, event, youth, grown ? said : whileYoung(state, event, youth, said));
}

function whileYoung(state: Expectations, event: ConsumptionEvent, youth: Youth, said: Said): Said {
  const source = sourceOf(state, event.stream, youth);
  if (source === undefined) return said;
  const { toMs } = event;
  const ageMs = Math.max(0, toMs - youth.firstMs);
  const weight = 1 - ageMs / YOUNG_MS;
  const aheadMs = aheadOf(event);
  const { level, doubt } = evidenceOf(state, event.stream, youth, source);
  const minute = source.expects(toMs, 0, RATE_MS, doubt)?.median ?? 0;
  const expectedRate = (level * minute * 1_000) / RATE_MS;
  return {
    by: source.isDeclared ? '+profile' : '+kind',
    rate: Math.max(said.rate, Math.max(0, 1 - ageMs / RATE_MS) * expectedRate),
    meanSqrtRate: (1 - weight) * said.meanSqrtRate + weight * Math.sqrt(level) * source.meanSqrtRate,
    horizons: said.horizons.map((own) => {
      const expected = source.expects(toMs, aheadMs, own.horizonMs, doubt);
      if (expected === undefined) return own;
      const [median, upper] = [level * expected.median, level * expected.upper];
      // What somebody has said of the stream holds until its day is over; what others of its kind did counts for less and less.
      const least = source.isDeclared ? median : 0;
      const raised = Math.max(own.upper, weight * upper, least);
      const insured = Math.max(own.insured, raised);
      const middle = Math.min(raised, (1 - weight) * own.median + weight * median);
      return { horizonMs: own.horizonMs, median: middle, upper: raised, insured, cap: Math.max(own.cap, insured) };
    }),
  };
}

/** A window that overlaps an announced burst gets its rate on top, as far as the stream's own rate does not show it yet. */
function onTopOfBursts(state: Expectations, event: ConsumptionEvent, youth: Youth, said: Said): Said {
  const bursts = state.bursts.get(event.stream);
  if (bursts === undefined) {
    youth.usualRate = said.rate;
    return said;
  }
  const { toMs } = event;
  const rate = burstRate(bursts, toMs);
  if (rate === 0) youth.usualRate = said.rate;
  const shown = Math.min(rate, Math.max(0, said.rate - youth.usualRate));
  const running = bursts.filter((each) => each.fromMs <= toMs);
  const onTop = (startMs: number, horizonMs: number): number => {
    const values = burstDemand(bursts, startMs, startMs + horizonMs);
    return shown === 0 ? values : values - (burstDemand(running, startMs, startMs + horizonMs) * shown) / rate;
  };
  const aheadMs = aheadOf(event);
  const raised = said.horizons.map(({ horizonMs, median, upper, cap, insured }) => {
    const extra = Math.max(onTop(toMs, horizonMs), onTop(toMs + aheadMs, horizonMs));
    return { horizonMs, median: median + extra, upper: upper + extra, cap: cap + extra, insured: insured + extra };
  });
  return {
    by: raised.some(({ cap }, i) => cap > (said.horizons[i]?.cap ?? 0)) ? `${said.by}+burst` : said.by,
    rate: said.rate + rate - shown,
    meanSqrtRate: said.meanSqrtRate,
    horizons: raised,
  };
}

/** Where the expectations of a young stream come from. */
interface Source {
  /** Somebody has said so; otherwise it is what others of the kind did. */
  readonly isDeclared: boolean;
  readonly meanRate: number;
  readonly meanSqrtRate: number;
  expects(fromMs: number, aheadMs: number, horizonMs: number, doubt: number): ExpectedDemand | undefined;
}

function sourceOf(state: Expectations, stream: string, youth: Youth): Source | undefined {
  const profile = state.profiles.size === 0 ? undefined : profileFor(state.profiles, parseStreamId(stream));
  if (profile !== undefined) return declared(profile as DemandProfile);
  const kind = state.kinds.get(kindOf(stream));
  // What a stream has taught its kind it knows itself.
  if (kind === undefined || kind.streams <= (youth.hasTaught ? 1 : 0)) return undefined;
  const { hourDemand, meanSqrtRate } = kind.long();
  const expects: Source['expects'] = (...window) => kind.expects(...window);
  return { isDeclared: false, meanRate: hourDemand / 3_600, meanSqrtRate, expects };
}

function declared(profile: DemandProfile): Source {
  return {
    isDeclared: true,
    meanRate: profileMeanRate(profile),
    meanSqrtRate: profileMeanSqrtRate(profile),
    expects: (fromMs, aheadMs, horizonMs) => profileExpects(profile, fromMs, aheadMs, horizonMs),
  };
}

/**
 * How much of what was expected so far was asked for: a kind tells the shape of a day, the stream itself how large it is. Whole hours
 * count; of the one that is running, only what is more than was expected of all of it, because a batch may still come.
 */
function evidenceOf(state: Expectations, stream: string, youth: Youth, source: Source): { readonly level: number; readonly doubt: number } {
  const prior = Math.max(PRIOR_VALUES, (source.meanRate * PRIOR_MS) / 1_000);
  const observed = youth.observed + youth.hourDemand;
  const expected = youth.expected + Math.min(youth.hourDemand, hourExpected(state, stream, youth.hourMs, source));
  const level = (observed + prior) / (expected + prior);
  const least = source.isDeclared ? 1 : 1 / LEVEL_MAX;
  return { level: Math.min(LEVEL_MAX, Math.max(least, level)), doubt: prior / (expected + prior) };
}

function hourExpected(state: Expectations, stream: string, hourStartMs: number, source: Source | undefined): number {
  const bursts = burstDemand(state.bursts.get(stream) ?? NO_BURSTS, hourStartMs, hourStartMs + HOUR_MS);
  return bursts + (source?.expects(hourStartMs, 0, HOUR_MS, 0)?.median ?? 0);
}

function aheadOf({ fromMs, toMs }: ConsumptionEvent): number {
  return Math.min(AHEAD_MS_MAX, Math.max(0, toMs - fromMs));
}

function kindToLearn(state: Expectations, stream: string): PooledKind | undefined {
  const key = kindOf(stream);
  const known = state.kinds.get(key);
  if (known !== undefined || OF_NO_KIND.includes(key) || state.kinds.size >= KINDS_MAX) return known;
  const kind = new PooledKind();
  state.kinds.set(key, kind);
  return kind;
}

function kindOf(stream: string): string {
  return stream.slice(stream.indexOf('/') + 1);
}

/** As JSON, in the order in which a replay has it. */
export function savedExpectations({ profiles, bursts, kinds, streams }: Expectations): unknown {
  return {
    profiles: [...profiles.values()],
    bursts: [...bursts.values()],
    kinds: [...kinds].map(([key, kind]) => [key, kind.save()]),
    streams: [...streams],
  };
}

export function restoreExpectations(state: Expectations, saved: unknown): void {
  const { profiles, bursts, kinds, streams } = saved as {
    readonly profiles: readonly ProfileSet[];
    readonly bursts: readonly AnnouncedBursts[];
    readonly kinds: readonly (readonly [string, readonly number[]])[];
    readonly streams: readonly (readonly [string, Youth])[];
  };
  for (const profile of profiles) state.profiles.set(keyOfProfile(profile), profile);
  for (const each of bursts) state.bursts.set(each[0]?.stream ?? '', each);
  for (const [key, numbers] of kinds) state.kinds.set(key, PooledKind.restored(numbers));
  for (const [stream, youth] of streams) state.streams.set(stream, youth);
}
