/** Metrics of a process that has some roles and not others: each role adds its own, read when they are asked for. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'seqcast_';
const LEAD_TIME_BUCKETS_S = [0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export type Labelled = readonly (readonly [Readonly<Record<string, string>>, number])[];

export class RoleMetrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: PREFIX });
  }

  count(name: string, help: string, read: () => number): void {
    new Counter({
      name: PREFIX + name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: PREFIX + name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** One gauge with labels whose values are bounded in number: topics, sequences, pools. */
  gauges(name: string, help: string, labelNames: string[], read: () => Labelled): void {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  }

  counts(name: string, help: string, labelNames: string[], read: () => Labelled): void {
    new Counter({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  }

  /** A histogram of times: milliseconds in, seconds out, as Prometheus wants them. */
  times(name: string, help: string): (timeMs: number) => void {
    const histogram = new Histogram({ name: PREFIX + name, help, buckets: LEAD_TIME_BUCKETS_S, registers: [this.registry] });
    return (timeMs) => histogram.observe(timeMs / 1_000);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}

/** Sums by sequence, for labels. */
export function bySequence<T extends { readonly sequence: string }>(all: Iterable<T>, read: (each: T) => number): Labelled {
  const totals = new Map<string, number>();
  for (const each of all) totals.set(each.sequence, (totals.get(each.sequence) ?? 0) + read(each));
  return [...totals].map(([sequence, total]) => [{ sequence }, total] as const);
}
