/**
 * What came after each moment of a series, lead by lead: the total of the bins up to the lead, or the one bin at its end. NaN
 * where an outage is part of it or the series has ended. An origin `t` lies before bin `t`.
 */
import type { Leads } from './series-end.ts';

export class LeadDemand {
  private readonly values: Float64Array;
  private readonly isTotal: boolean;
  /** Demand, and outages, before each bin. */
  private readonly before: Float64Array;
  private readonly outagesBefore: Uint32Array;

  constructor(values: Float64Array, leads: Leads) {
    this.values = values;
    this.isTotal = leads.isTotal;
    this.before = new Float64Array(values.length + 1);
    this.outagesBefore = new Uint32Array(values.length + 1);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      const isOutage = Number.isNaN(value);
      this.before[i + 1] = (this.before[i] ?? 0) + (isOutage ? 0 : value);
      this.outagesBefore[i + 1] = (this.outagesBefore[i] ?? 0) + (isOutage ? 1 : 0);
    }
  }

  after(origin: number, leadBins: number): number {
    const end = origin + leadBins;
    if (origin < 0 || end > this.values.length) return NaN;
    if (!this.isTotal) return this.values[end - 1] ?? NaN;
    return this.sum(origin, end);
  }

  /** Demand of the bins `[from, to)`, NaN when an outage is among them. */
  sum(from: number, to: number): number {
    if (from < 0 || this.outagesBefore[from] !== this.outagesBefore[to]) return NaN;
    return (this.before[to] ?? NaN) - (this.before[from] ?? NaN);
  }
}
