/**
 * What one policy did with one stream's demand, in the figures that operators pay for. One value is one request: where requests take
 * several values the harness counts values.
 */
export interface StreamResult {
  readonly policy: string;
  readonly stream: string;
  readonly leadTime: string;
  readonly rideThroughS: number;
  /** Seconds counted, and values asked for in them. */
  readonly seconds: number;
  readonly demanded: number;
  /** Values that were not there at once, those of them in the policy's first order, and those its callers would have been refused. */
  readonly stalled: number;
  readonly stalledAtFirst: number;
  readonly lost: number;
  /** How long all values waited; most not at all. Seconds. */
  readonly waitS: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number };
  readonly orders: number;
  readonly returns: number;
  /** Unissued values on hand, averaged over time; and the most there ever were. */
  readonly meanIdle: number;
  readonly maxIdle: number;
  /** How long the stock on hand would have lasted, in the mean of all moments asked, and the least. Minutes; capped at a day. */
  readonly autonomyMinutes: { readonly mean: number; readonly min: number };
  /** An allocator that goes away for so long, asked every 61 s: orders on their way are lost, supply is back a lead time later. */
  readonly outages: readonly OutageResult[];
  /** Values that a crash at a random moment burns (on hand and on the way), and that an orderly stop burns. Means over time. */
  readonly burntAtCrash: number;
  readonly burntAtStop: number;
}

export interface OutageResult {
  readonly outageS: number;
  readonly asked: number;
  readonly survived: number;
  /** Values that callers would have waited for over all outages, of all asked for in them. */
  readonly stalledShare: number;
}

export function stalledPpm(result: Pick<StreamResult, 'stalled' | 'demanded'>): number {
  return (result.stalled * 1e6) / Math.max(1, result.demanded);
}

export function operationsPerHour(result: Pick<StreamResult, 'orders' | 'returns' | 'seconds'>): number {
  return ((result.orders + result.returns) * 3_600) / Math.max(1, result.seconds);
}

/** Per cent of outages survived; 100 where none was asked. */
export function survivedPercent(outage: OutageResult): number {
  return outage.asked === 0 ? 100 : (100 * outage.survived) / outage.asked;
}
