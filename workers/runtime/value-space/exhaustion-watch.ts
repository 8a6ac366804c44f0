/**
 * When sequences run out, looked at once a minute: what is left of each by the ledger, at the demand that the forecast stage remembers.
 * Whoever would run out early, one time in twenty, within 90, 30 or 7 days is told of once per step.
 */
import { type Exhaustion, exhaustionOf } from '../../../core/exhaustion-dates.ts';
import { type WarningDays, warningOf } from '../../../core/exhaustion-warning.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import { periodEndMs } from '../../../core/period.ts';
import type { Clock } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { Labelled } from '../observability/metric-catalogue.ts';
import type { RoleMetrics } from '../observability/role-metrics.ts';
import { type DemandDays, demandDays, type RememberedStream } from './demand-days.ts';
import { spaceLeft, spaceSize } from './space-left.ts';

const LOOK_MS = 60_000;
/** A clock that is sped up does not make looking cheaper. */
const LOOK_WALL_MS_MIN = 1_000;

export interface ExhaustionView {
  /** Values that no pool holds yet; what pools have in stock comes on top. */
  readonly left: number;
  /** Mean demand, and the hours that it was seen for; absent where less than an hour was. */
  readonly perDay?: number;
  readonly seenHours?: number;
  /** When the last of them is allocated: early, likely and late, without those that lie beyond a century or the sequence's period. */
  readonly dates: readonly Exhaustion[];
  /** Smallest of 90, 30 and 7 that the early date is within. */
  readonly warningDays?: WarningDays;
}

export interface ExhaustionWatchOptions {
  readonly reader: Pick<LedgerReader, 'ranges' | 'shards'>;
  readonly clock: Clock;
  /** How many milliseconds of `clock` pass in a real one. */
  readonly speedUp: number;
  readonly streams: () => Iterable<RememberedStream>;
  /** Hears of each step once, as long as this process lives. */
  readonly onWarning: (message: string) => void;
  readonly onFailure: (error: unknown) => void;
}

export class ExhaustionWatch {
  readonly #options: ExhaustionWatchOptions;
  readonly #told = new Map<string, WarningDays>();
  #demand: ReadonlyMap<string, DemandDays> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: ExhaustionWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const again = (): void => void this.look().catch(this.#options.onFailure);
    this.#timer = setInterval(again, Math.max(LOOK_WALL_MS_MIN, LOOK_MS / this.#options.speedUp));
    this.#timer.unref();
    again();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking?.catch(() => undefined);
  }

  /** Reads the demand again, and tells what is new. Two looks at a time are one. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Undefined for a sequence that cycles: it never runs out. */
  of(generation: Generation): ExhaustionView | undefined {
    const { reader, clock } = this.#options;
    const { name, definition } = generation;
    if (definition.cycle) return undefined;
    const left = spaceSize(spaceLeft(generation, reader.shards));
    const demand = this.#demand.get(name);
    if (demand === undefined) return { left, dates: [] };
    const { perDay, days, hours: seenHours } = demand;
    const nowMs = clock.nowMs();
    const endMs = periodEndMs(definition);
    const dates = (exhaustionOf({ left }, perDay, days, nowMs) ?? []).filter(({ atMs }) => atMs < endMs);
    const warningDays = dates[0] && warningOf(dates[0].atMs, nowMs);
    return { left, perDay, seenHours, dates, ...(warningDays !== undefined && { warningDays }) };
  }

  /** Sequences that may run out soon, in sentences; the nearest first. */
  warnings(): readonly string[] {
    return this.#soon().map(({ message }) => message);
  }

  /** Seconds until each date, and values left, by sequence. */
  dateMetric(): Labelled<'sequence' | 'quantile'> {
    const nowMs = this.#options.clock.nowMs();
    return this.#views().flatMap(({ name, view }) =>
      view.dates.map(({ level, atMs }) => [{ sequence: name, quantile: String(level) }, (atMs - nowMs) / 1_000] as const),
    );
  }

  leftMetric(): Labelled<'sequence'> {
    return this.#views().map(({ name, view }) => [{ sequence: name }, view.left] as const);
  }

  async #look(): Promise<void> {
    const { streams, clock, onWarning } = this.#options;
    this.#demand = await demandDays(streams(), clock.nowMs(), () => new Promise((resolve) => setImmediate(resolve)));
    const soon = this.#soon();
    // A sequence that was given more room is told of again when it comes near once more.
    for (const name of this.#told.keys()) if (!soon.some((each) => each.name === name)) this.#told.delete(name);
    for (const { name, warningDays, message } of soon) {
      const told = this.#told.get(name);
      this.#told.set(name, warningDays);
      if (told === undefined || warningDays < told) onWarning(message);
    }
  }

  #soon(): { readonly name: string; readonly warningDays: WarningDays; readonly message: string }[] {
    const found = this.#views().flatMap(({ name, view }) => {
      const { warningDays, dates } = view;
      return warningDays === undefined ? [] : [{ name, warningDays, atMs: dates[0]?.atMs ?? 0, message: warningText(name, view) }];
    });
    return found.sort((a, b) => a.atMs - b.atMs);
  }

  #views(): { readonly name: string; readonly view: ExhaustionView }[] {
    const live = this.#options.reader.ranges.flatMap((ranges) => [...ranges.live.values()]);
    return live.flatMap((generation) => {
      const view = this.of(generation);
      return view === undefined ? [] : [{ name: generation.name, view }];
    });
  }
}

/** Read by every process that has a watch. */
export function countValueSpace(metrics: RoleMetrics, watch: ExhaustionWatch): void {
  metrics.showEach('seqcast_sequence_exhaustion_seconds', () => watch.dateMetric());
  metrics.showEach('seqcast_sequence_left_values', () => watch.leftMetric());
}

function warningText(name: string, { left, perDay = 0, seenHours = 0, dates, warningDays }: ExhaustionView): string {
  const [early] = dates;
  const likely = dates.find(({ level }) => level === 0.5);
  const dayOf = (date: Exhaustion | undefined): string => (date === undefined ? 'later' : new Date(date.atMs).toISOString().slice(0, 10));
  return (
    `sequence ${name} may run out within ${warningDays} days: early on ${dayOf(early)}, likely on ${dayOf(likely)}; ` +
    `${left} values are left at ${Math.round(perDay)} a day, as seen for ${seenHours} hours`
  );
}
