/**
 * Times of a clock on a wall, as times. Where a clock skips an hour, what claims to have happened in it is moved to after it; where a clock
 * repeats one, the order of rows tells which of the two is meant. Both are counted.
 */
import { SequenceError } from '../../core/errors.ts';

/** No zone changes its clock within a quarter of an hour twice, and all change at a multiple of one. */
const STEP_MS = 900_000;
const DAY_MS = 86_400_000;
/** Steps kept: years of them; a file that jumps about begins anew. */
const KEPT_MAX = 200_000;

interface Reading {
  /** UTC minus the wall's clock, of the earlier and of the later time that shows it. */
  readonly earlierMs: number;
  readonly laterMs: number;
  readonly kind: 'plain' | 'skipped' | 'repeated';
}

export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #readings = new Map<number, Reading>();
  skipped = 0;
  repeated = 0;

  constructor(name: string) {
    this.name = name;
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        hourCycle: 'h23',
        ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
      });
    } catch {
      throw new SequenceError('SEQ_CONFIG_INVALID', `no time zone is called ${name}: write it as Europe/Berlin or UTC`);
    }
  }

  /** `wallMs` is what the clock shows, counted as if it were UTC; `nearMs` is when the row before was. */
  utcOf(wallMs: number, nearMs: number): number {
    const step = Math.floor(wallMs / STEP_MS);
    let reading = this.#readings.get(step);
    if (reading === undefined) {
      if (this.#readings.size >= KEPT_MAX) this.#readings.clear();
      reading = this.#readingAt(step * STEP_MS);
      this.#readings.set(step, reading);
    }
    if (reading.kind === 'plain') return wallMs + reading.earlierMs;
    if (reading.kind === 'skipped') {
      this.skipped++;
      return wallMs + reading.earlierMs;
    }
    this.repeated++;
    const earlier = wallMs + reading.earlierMs;
    const later = wallMs + reading.laterMs;
    return Number.isFinite(nearMs) && Math.abs(later - nearMs) < Math.abs(earlier - nearMs) ? later : earlier;
  }

  repairs(): string[] {
    const { name, skipped, repeated } = this;
    return [
      ...(skipped > 0 ? [`${skipped} times that the clock of ${name} skips were moved to after the skip`] : []),
      ...(repeated > 0 ? [`${repeated} times that the clock of ${name} shows twice were told apart by the order of rows`] : []),
    ];
  }

  #readingAt(wallMs: number): Reading {
    // A day away, the clock runs as it did before and after whatever change is near.
    const before = this.#offsetAt(wallMs - DAY_MS);
    const after = this.#offsetAt(wallMs + DAY_MS);
    const asBefore = this.#offsetAt(wallMs - before) === before;
    const asAfter = this.#offsetAt(wallMs - after) === after;
    if (asBefore && asAfter && before !== after) return { kind: 'repeated', earlierMs: -before, laterMs: -after };
    if (asBefore) return { kind: 'plain', earlierMs: -before, laterMs: -before };
    if (asAfter) return { kind: 'plain', earlierMs: -after, laterMs: -after };
    return { kind: 'skipped', earlierMs: -before, laterMs: -before };
  }

  /** How far the wall's clock is ahead of UTC. */
  #offsetAt(utcMs: number): number {
    const parts = new Map(this.#format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]));
    const of = (part: Intl.DateTimeFormatPartTypes): number => parts.get(part) ?? 0;
    return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - Math.floor(utcMs / 1_000) * 1_000;
  }
}
