/**
 * The stock of one run over time, span by span, for plots; and the hour that went worst, second by second: the one in which most
 * values stalled, or else the stock was least.
 */
import type { StreamHistory } from '../report/backtest-report.ts';
import type { Policy } from './policy.ts';

const HOUR_S = 3_600;

export interface RecordedSecond {
  readonly demand: number;
  /** On hand at its end, and the least in it. */
  readonly stock: number;
  readonly least: number;
  readonly stalled: number;
  readonly policy: Policy;
}

export interface RecordedPart {
  readonly stream: string;
  readonly policy: string;
  /** Start of the trace. */
  readonly startMs: number;
  readonly spanS: number;
  /** Seconds before it are not recorded. */
  readonly fromS?: number;
}

export class HistoryRecorder {
  private readonly part: RecordedPart;
  private readonly fromS: number;
  private readonly spans: Spans;
  /** The hour that is going on, and the worst that is over. */
  private hour = new Spans(1);
  private hourFromS: number;
  private worst: { readonly fromS: number; readonly seconds: Spans } | undefined;

  constructor(part: RecordedPart) {
    this.part = part;
    this.fromS = part.fromS ?? 0;
    this.spans = new Spans(part.spanS);
    this.hourFromS = this.fromS;
  }

  second(second: number, seen: RecordedSecond): void {
    if (second < this.fromS) return;
    this.spans.add(seen);
    this.hour.add(seen);
    if (second + 1 < this.hourFromS + HOUR_S) return;
    if (this.worst === undefined || this.hour.isWorseThan(this.worst.seconds)) {
      this.worst = { fromS: this.hourFromS, seconds: this.hour };
    }
    this.hour = new Spans(1);
    this.hourFromS = second + 1;
  }

  history(): StreamHistory {
    return this.asHistory(this.spans, this.fromS);
  }

  /** Undefined before an hour is over. */
  worstHour(): StreamHistory | undefined {
    return this.worst === undefined ? undefined : this.asHistory(this.worst.seconds, this.worst.fromS);
  }

  private asHistory(spans: Spans, fromS: number): StreamHistory {
    const { stream, policy, startMs } = this.part;
    return { stream, policy, startMs: startMs + fromS * 1_000, ...spans.columns() };
  }
}

class Spans {
  private readonly spanS: number;
  private readonly demand: number[] = [];
  private readonly demandPeak: number[] = [];
  private readonly stock: number[] = [];
  private readonly stockMin: number[] = [];
  private readonly reorderPoint: number[] = [];
  private readonly stalled: number[] = [];
  /** Seconds in the last span. */
  private filled: number;

  constructor(spanS: number) {
    this.spanS = spanS;
    this.filled = spanS;
  }

  add({ demand, stock, least, stalled, policy }: RecordedSecond): void {
    if (this.filled === this.spanS) this.open(stock);
    const at = this.demand.length - 1;
    this.filled++;
    const share = 1 / this.filled;
    this.demand[at] = mean(this.demand[at], demand, share);
    this.demandPeak[at] = Math.max(this.demandPeak[at] ?? 0, demand);
    this.stock[at] = mean(this.stock[at], stock, share);
    this.stockMin[at] = Math.min(this.stockMin[at] ?? stock, least);
    this.stalled[at] = (this.stalled[at] ?? 0) + stalled;
    if (policy.reorderPoint !== undefined) this.reorderPoint[at] = mean(this.reorderPoint[at], policy.reorderPoint, share);
  }

  isWorseThan(other: Spans): boolean {
    const stalls = sumOf(this.stalled) - sumOf(other.stalled);
    return stalls === 0 ? leastOf(this.stockMin) < leastOf(other.stockMin) : stalls > 0;
  }

  columns(): Omit<StreamHistory, 'stream' | 'policy' | 'startMs'> {
    const { spanS, demand, demandPeak, stock, stockMin, stalled, reorderPoint } = this;
    const levels = reorderPoint.length === demand.length ? { reorderPoint } : {};
    return { spanS, demand, demandPeak, stock, stockMin, ...levels, stalled };
  }

  private open(stock: number): void {
    this.filled = 0;
    for (const column of [this.demand, this.demandPeak, this.stock, this.stalled]) column.push(0);
    this.stockMin.push(stock);
  }
}

function mean(before: number | undefined, value: number, share: number): number {
  return (before ?? 0) + (value - (before ?? 0)) * share;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function leastOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}
