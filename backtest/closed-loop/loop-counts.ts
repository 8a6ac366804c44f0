/**
 * What a closed loop is judged by: idle stock, stalls, operations an hour, what a crash burns, and whether the stock at hand
 * would have outlasted an allocator that goes away for the ride-through, asked every 61 seconds.
 */
export interface LoopResult {
  /** Seconds counted, and values asked for in them. */
  readonly seconds: number;
  readonly demanded: number;
  readonly stalledPpm: number;
  /** Unissued values on hand, averaged over time; and the most there ever were. */
  readonly meanIdle: number;
  readonly maxIdle: number;
  /** Orders and returns. */
  readonly operationsPerHour: number;
  readonly returnsPerHour: number;
  /** What a crash at a random moment burns: on hand and on the way, averaged over time. */
  readonly burnAtCrash: number;
  /** Outages asked for and survived; no survival without a ride-through. */
  readonly outages: number;
  readonly survivedPercent: number;
  /** Values that callers would have waited for over all outages, of all asked for in them. */
  readonly stalledInOutagesPercent: number;
}

export interface CountedPart {
  readonly leadTimeMs: number;
  readonly rideThroughMs: number;
  readonly countFrom: number;
}

/** One outage each 61 s: coprime to hours and minutes, so that every phase of a schedule is met. */
const OUTAGE_EVERY_S = 61;
const HOUR_S = 3_600;

export class LoopCounts {
  private readonly part: CountedPart;
  /** Demand up to the start of each second. */
  private readonly totals: Float64Array;
  private counting = false;
  private seconds = 0;
  private demanded = 0;
  private stalled = 0;
  private idleS = 0;
  private maxIdle = 0;
  private orders = 0;
  private returns = 0;
  private orderedValues = 0;
  private outages = 0;
  private survived = 0;
  private askedInOutages = 0;
  private lackedInOutages = 0;

  constructor(counts: Uint32Array, part: CountedPart) {
    this.part = part;
    this.totals = totalsOf(counts);
  }

  /** A second begins with so much on hand, less what is waited for. */
  begin(second: number, onHand: number): void {
    this.counting = second >= this.part.countFrom;
    if (!this.counting) return;
    this.seconds++;
    if (this.part.rideThroughMs > 0 && second % OUTAGE_EVERY_S === 0) this.outage(second, onHand);
  }

  /** So much was asked for within a span, over which `stock` was on hand. */
  pass(demanded: number, stock: number, stalled: number, spanS: number): void {
    if (!this.counting) return;
    this.demanded += demanded;
    this.stalled += stalled;
    this.idleS += stock * spanS;
    if (stock > this.maxIdle) this.maxIdle = stock;
  }

  ordered(count: number): void {
    if (!this.counting) return;
    this.orders++;
    this.orderedValues += count;
  }

  returned(): void {
    if (this.counting) this.returns++;
  }

  result(): LoopResult {
    const seconds = Math.max(1, this.seconds);
    const onTheWay = (this.orderedValues * this.part.leadTimeMs) / 1_000 / seconds;
    return {
      seconds: this.seconds,
      demanded: this.demanded,
      stalledPpm: (this.stalled * 1e6) / Math.max(1, this.demanded),
      meanIdle: this.idleS / seconds,
      maxIdle: this.maxIdle,
      operationsPerHour: ((this.orders + this.returns) * HOUR_S) / seconds,
      returnsPerHour: (this.returns * HOUR_S) / seconds,
      burnAtCrash: this.idleS / seconds + onTheWay,
      outages: this.outages,
      survivedPercent: (100 * this.survived) / Math.max(1, this.outages),
      stalledInOutagesPercent: (100 * this.lackedInOutages) / Math.max(1, this.askedInOutages),
    };
  }

  /** Orders on their way are lost, and supply is back one lead time after the allocator. */
  private outage(second: number, onHand: number): void {
    const end = second + (this.part.rideThroughMs + this.part.leadTimeMs) / 1_000;
    // An outage that outlasts the trace has no known end.
    if (end > this.totals.length - 1) return;
    const asked = this.totalAt(end) - this.totalAt(second);
    this.outages++;
    this.askedInOutages += asked;
    if (onHand >= asked) this.survived++;
    else this.lackedInOutages += asked - Math.max(0, onHand);
  }

  private totalAt(atS: number): number {
    const whole = Math.floor(atS);
    const before = this.totals[whole] ?? 0;
    return before + ((this.totals[whole + 1] ?? before) - before) * (atS - whole);
  }
}

/** Dozens of loops run over one trace, and a long one's totals are some forty megabytes. */
const TOTALS = new WeakMap<Uint32Array, Float64Array>();

function totalsOf(counts: Uint32Array): Float64Array {
  const known = TOTALS.get(counts);
  if (known !== undefined) return known;
  const totals = new Float64Array(counts.length + 1);
  for (let second = 0; second < counts.length; second++) totals[second + 1] = (totals[second] ?? 0) + (counts[second] ?? 0);
  TOTALS.set(counts, totals);
  return totals;
}
