/**
 * What the network is shown of a history at one origin. Everything is a logarithm of demand less the logarithm of the stream's own
 * level, the mean of its last day, so that streams of one value an hour and of a thousand a second look alike, and no statistics
 * over all streams have to be kept.
 *
 * Step by step over the context: the demand, the same a day and a week before, the calendar, outages, announced bursts. Lead by lead:
 * what past days, past weeks and the last minutes would bring. Once: the level, what history there is, client type and service.
 */
import type { SeriesHistory } from '../contract.ts';
import { writeCalendar } from './calendar.ts';
import { ABSENT, announcedDemand, leadDemands, meanDemand, mostDemand, seasonalStep } from './spans.ts';
import type { LstmSpec } from './spec.ts';

export const STEP_FEATURES = 10;
export const LEAD_FEATURES = 16;
export const STATIC_FEATURES = 3;
/** Slots that names of client types and services are hashed into. */
export const HASH_SLOTS = 32;

/** Columns of the lead features that the linear skip starts from; see network.ts. */
export const LEAD_COLUMN = { yesterday: 0, lastDays: 1, lastWeek: 2, recentRate: 3, announced: 6, daysBeyond: 13, weekBeyond: 14 } as const;

/** Beyond this factor (e^12) of the level, more says nothing more. */
const LOG_LIMIT = 12;
/** Days that are looked back at. */
export const DAYS = 7;
/** Smoother than this is constant, and rougher says no more. */
const SCALE_MIN = 5e-4;
const SCALE_MAX = 1;
const CALENDAR_FEATURES = 4;
/** Of the four, those from here on are of the week. */
const WEEK_COLUMN = 2;
/** Of as many bins, side by side, the calendar is remembered; a power of two. */
const CALENDARS = 1_024;
const HOUR_MS = 3_600_000;

/** Windows side by side, as the network takes them. `refs` is what was taken off the logarithms, by window and lead. */
export interface FeatureBatch {
  readonly windows: number;
  readonly steps: Float32Array;
  readonly leads: Float32Array;
  readonly statics: Float32Array;
  readonly hashes: Float32Array;
  readonly refs: Float64Array;
  /** What the network says is multiplied by this, by window and lead: how much the series moves. */
  readonly scales: Float32Array;
  /** And this is added, by window and lead. */
  readonly bases: Float32Array;
}

export function featureBatch(spec: LstmSpec, windows: number): FeatureBatch {
  return {
    windows,
    steps: new Float32Array(windows * spec.contextBins * STEP_FEATURES),
    leads: new Float32Array(windows * spec.leadsBins.length * LEAD_FEATURES),
    statics: new Float32Array(windows * STATIC_FEATURES),
    hashes: new Float32Array(windows * HASH_SLOTS),
    refs: new Float64Array(windows * spec.leadsBins.length),
    scales: new Float32Array(windows * spec.leadsBins.length).fill(1),
    bases: new Float32Array(windows * spec.leadsBins.length),
  };
}

/** Makes a window of the batch an empty one. */
export function clearWindow(batch: FeatureBatch, row: number): void {
  for (const part of [batch.steps, batch.leads, batch.statics, batch.hashes, batch.refs, batch.scales, batch.bases]) {
    const width = part.length / batch.windows;
    part.fill(0, row * width, (row + 1) * width);
  }
}

/** Fills windows of one spec. Holds working memory, and nothing that lasts from one window to the next. */
export class FeatureWriter {
  readonly #spec: LstmSpec;
  readonly #hourBins: number;
  readonly #span: Float64Array;
  readonly #days: Float64Array;
  readonly #daysSeen: Uint8Array;
  readonly #slots = new Map<string, number>();
  /** Points on circles by time: histories of one batch mostly end at the same. */
  readonly #calendarMs = new Float64Array(CALENDARS).fill(-1);
  readonly #calendars = new Float32Array(CALENDARS * CALENDAR_FEATURES);

  constructor(spec: LstmSpec) {
    this.#spec = spec;
    this.#hourBins = hourBinsOf(spec);
    this.#span = new Float64Array(spec.leadsBins.length);
    this.#days = new Float64Array(spec.leadsBins.length);
    this.#daysSeen = new Uint8Array(spec.leadsBins.length);
  }

  /** Writes the window whose origin is the start of bin `origin` into a row of the batch; false where demand was not finite. */
  write(history: SeriesHistory, origin: number, batch: FeatureBatch, row: number): boolean {
    const { contextBins, seasonsBins } = this.#spec;
    const level = Math.max(0, meanDemand(history, origin - (seasonsBins.day ?? contextBins), origin));
    this.#writeRefs(level, batch, row);
    const scale = this.#scaleOf(history, origin);
    const leadCount = this.#spec.leadsBins.length;
    batch.scales.fill(scale, row * leadCount, (row + 1) * leadCount);
    this.#writeSteps(history, origin, level, scale, batch, row);
    this.#writeLeads(history, origin, level, scale, batch, row);
    this.#writeStatics(history, origin, level, batch, row);
    // One sum shows it: what is not a number stays that, whatever is added.
    const { leads, steps } = batch;
    let sum = level;
    const stepsWidth = contextBins * STEP_FEATURES;
    for (let at = row * stepsWidth; at < (row + 1) * stepsWidth; at++) sum += steps[at] as number;
    const leadsWidth = this.#spec.leadsBins.length * LEAD_FEATURES;
    for (let at = row * leadsWidth; at < (row + 1) * leadsWidth; at++) sum += leads[at] as number;
    return Number.isFinite(sum);
  }

  #scaleOf(history: SeriesHistory, origin: number): number {
    const { spread, seasonsBins, contextBins } = this.#spec;
    if (spread === 'counts') return 1;
    const day = seasonsBins.day ?? 1;
    const step = seasonalStep(history, origin - Math.max(contextBins, DAYS * day), origin, day);
    return Math.max(SCALE_MIN, Math.min(SCALE_MAX, step));
  }

  #writeRefs(level: number, batch: FeatureBatch, row: number): void {
    const { leadsBins, of } = this.#spec;
    for (let i = 0; i < leadsBins.length; i++) {
      const bins = of === 'total' ? (leadsBins[i] as number) : 1;
      batch.refs[row * leadsBins.length + i] = Math.log1p(level * bins);
    }
  }

  #writeSteps(history: SeriesHistory, origin: number, level: number, scale: number, batch: FeatureBatch, row: number): void {
    const { contextBins, seasonsBins, binMs } = this.#spec;
    const { demand, outages, startMs, announced } = history;
    const ref = Math.log1p(level);
    const out = batch.steps;
    let at = row * contextBins * STEP_FEATURES;
    for (let bin = origin - contextBins; bin < origin; bin++, at += STEP_FEATURES) {
      const timeMs = startMs + bin * binMs;
      const out1 = bin < 0 || outages?.[bin] === 1;
      const daily = this.#relative(history, bin - (seasonsBins.day ?? bin + 1), ref, 0);
      out[at] = out1 ? 0 : limited(Math.log1p(demand[bin] as number) - ref);
      out[at + 1] = daily;
      out[at + 2] = this.#relative(history, bin - (seasonsBins.week ?? bin + 1), ref, daily);
      this.#writeCalendar(out, at + 3, timeMs);
      out[at + 7] = out1 ? 1 : 0;
      out[at + 8] = announced === undefined ? 0 : limited(Math.log1p(announcedDemand(announced, timeMs, timeMs + binMs) / (1 + level)));
      out[at + 9] = out1 ? 0 : limited(((out[at] as number) - daily) / scale);
    }
  }

  #relative(history: SeriesHistory, bin: number, ref: number, otherwise: number): number {
    if (bin < 0 || history.outages?.[bin] === 1) return otherwise;
    return limited(Math.log1p(history.demand[bin] as number) - ref);
  }

  #writeLeads(history: SeriesHistory, origin: number, level: number, scale: number, batch: FeatureBatch, row: number): void {
    const { leadsBins, of, binMs, contextBins } = this.#spec;
    const count = leadsBins.length;
    const out = batch.leads;
    const first = row * count * LEAD_FEATURES;
    this.#writePast(history, origin, level, batch, row);
    const recent = orLevel(meanDemand(history, origin - this.#hourBins, origin), level);
    const latest = orLevel(meanDemand(history, origin - Math.ceil(this.#hourBins / 12), origin), recent);
    const most = orLevel(mostDemand(history, origin - contextBins, origin), level);
    const originMs = history.startMs + origin * binMs;
    for (let i = 0; i < count; i++) {
      const lead = leadsBins[i] as number;
      const bins = of === 'total' ? lead : 1;
      const at = first + i * LEAD_FEATURES;
      const ref = batch.refs[row * count + i] as number;
      const untilMs = originMs + lead * binMs;
      out[at + 3] = limited(Math.log1p(recent * bins) - ref);
      out[at + 4] = limited(Math.log1p(most * bins) - ref);
      out[at + 5] = Math.log(lead) / 4;
      const planned = announcedDemand(history.announced, untilMs - bins * binMs, untilMs);
      out[at + 6] = planned === 0 ? 0 : limited(Math.log1p(planned / (1 + level * bins)));
      this.#writeCalendar(out, at + 7, untilMs - binMs);
      out[at + 12] = limited(Math.log1p(latest * bins) - ref);
      // How far the days, the week and its course lie from yesterday, in steps as large as this series takes.
      const yesterday = out[at + LEAD_COLUMN.yesterday] as number;
      const usual = yesterday + (out[at + LEAD_COLUMN.announced] as number);
      batch.bases[row * count + i] = this.#spec.spread === 'measured' ? usual : 0;
      out[at + 13] = limited(((out[at + LEAD_COLUMN.lastDays] as number) - yesterday) / scale);
      out[at + 14] = limited(((out[at + LEAD_COLUMN.lastWeek] as number) - yesterday) / scale);
      out[at + 15] = limited(((out[at + 11] as number) - yesterday) / scale);
    }
  }

  /** What the day before, the mean of the days of a week, and the week before say of each lead; the week also by its own level. */
  #writePast(history: SeriesHistory, origin: number, level: number, batch: FeatureBatch, row: number): void {
    const { leadsBins, seasonsBins } = this.#spec;
    const count = leadsBins.length;
    const { day, week } = seasonsBins;
    const past = this.#days.fill(0);
    const seen = this.#daysSeen.fill(0);
    const first = row * count * LEAD_FEATURES;
    for (let i = 0; i < count; i++) batch.leads.fill(0, first + i * LEAD_FEATURES, first + i * LEAD_FEATURES + 3);
    for (let back = 1; back <= DAYS && day !== undefined; back++) {
      if (origin - back * day < 0) break;
      leadDemands(history, origin - back * day, origin, day, this.#spec, this.#span);
      for (let i = 0; i < count; i++) {
        const value = this.#span[i] as number;
        if (value === ABSENT) continue;
        past[i] = (past[i] as number) + value;
        seen[i] = (seen[i] as number) + 1;
        if (back === 1) this.#put(batch, row, i, LEAD_COLUMN.yesterday, value);
      }
    }
    for (let i = 0; i < count; i++) {
      const days = seen[i] as number;
      if (days === 0) continue;
      this.#put(batch, row, i, LEAD_COLUMN.lastDays, (past[i] as number) / days);
      this.#put(batch, row, i, LEAD_COLUMN.lastWeek, (past[i] as number) / days);
    }
    this.#writeWeek(history, origin, level, week, batch, row);
  }

  #writeWeek(history: SeriesHistory, origin: number, level: number, week: number | undefined, batch: FeatureBatch, row: number): void {
    const { leadsBins, seasonsBins, contextBins, of } = this.#spec;
    const count = leadsBins.length;
    const first = row * count * LEAD_FEATURES;
    const known = week !== undefined && origin >= week;
    const before = known ? orLevel(meanDemand(history, origin - week - (seasonsBins.day ?? contextBins), origin - week), level) : level;
    if (known) leadDemands(history, origin - week, origin, week, this.#spec, this.#span);
    for (let i = 0; i < count; i++) {
      const at = first + i * LEAD_FEATURES;
      const value = known ? (this.#span[i] as number) : ABSENT;
      const bins = of === 'total' ? (leadsBins[i] as number) : 1;
      if (value !== ABSENT) this.#put(batch, row, i, LEAD_COLUMN.lastWeek, value);
      // How that week went on from its own level: right where the level has moved since.
      batch.leads[at + 11] =
        value === ABSENT ? (batch.leads[at + LEAD_COLUMN.lastDays] as number) : limited(Math.log1p(value) - Math.log1p(before * bins));
    }
  }

  #put(batch: FeatureBatch, row: number, lead: number, column: number, value: number): void {
    const count = this.#spec.leadsBins.length;
    batch.leads[(row * count + lead) * LEAD_FEATURES + column] = limited(Math.log1p(value) - (batch.refs[row * count + lead] as number));
  }

  #writeStatics(history: SeriesHistory, origin: number, level: number, batch: FeatureBatch, row: number): void {
    const { day, week } = this.#spec.seasonsBins;
    const at = row * STATIC_FEATURES;
    // Counts vary by how many there are; of measured series, level and scale would only tell one from the other.
    batch.statics[at] = this.#spec.spread === 'counts' ? Math.log1p(level) / 8 : 0;
    batch.statics[at + 1] = day !== undefined && origin >= day ? 1 : 0;
    batch.statics[at + 2] = week !== undefined && origin >= week ? 1 : 0;
    batch.hashes.fill(0, row * HASH_SLOTS, (row + 1) * HASH_SLOTS);
    if (history.clientType !== undefined) batch.hashes[row * HASH_SLOTS + this.#slot(`type ${history.clientType}`)] = 1;
    if (history.service !== undefined) batch.hashes[row * HASH_SLOTS + this.#slot(`service ${history.service}`)] = 1;
  }

  #writeCalendar(out: Float32Array, at: number, timeMs: number): void {
    const slot = Math.floor(timeMs / this.#spec.binMs) & (CALENDARS - 1);
    const first = slot * CALENDAR_FEATURES;
    if (this.#calendarMs[slot] !== timeMs) {
      this.#calendarMs[slot] = timeMs;
      writeCalendar(this.#calendars, first, timeMs);
    }
    // Whoever knows of no week is not told the weekday either: of few days each would be learnt by heart.
    const count = this.#spec.seasonsBins.week === undefined ? WEEK_COLUMN : CALENDAR_FEATURES;
    for (let i = 0; i < CALENDAR_FEATURES; i++) out[at + i] = i < count ? (this.#calendars[first + i] as number) : 0;
  }

  #slot(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = hashSlot(name);
    // Names come from users: what is remembered of them stays small.
    if (this.#slots.size < 1_024) this.#slots.set(name, slot);
    return slot;
  }
}

export function hourBinsOf({ binMs }: LstmSpec): number {
  return Math.max(1, Math.round(HOUR_MS / binMs));
}

/** FNV-1a over UTF-16 units. */
function hashSlot(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return ((hash ^ (hash >>> 15)) % HASH_SLOTS) >>> 0;
}

function orLevel(value: number, level: number): number {
  return value === ABSENT ? level : value;
}

function limited(value: number): number {
  return Math.max(-LOG_LIMIT, Math.min(LOG_LIMIT, value));
}
