/** Metrics of a process that has some roles and not others: each role shows its own, by their names in the catalogue, read when asked for. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import {
  BUCKETS_S,
  type BySequenceName,
  type Labelled,
  type LabelledName,
  type LabelsOf,
  METRICS,
  type PlainName,
  type TimesName,
} from './metric-catalogue.ts';

/** Of the figures of the Node process, which are prom-client's. */
const PREFIX = 'seqcast_';

interface OfSequence {
  readonly sequence: string;
}

export class RoleMetrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: PREFIX });
  }

  show(name: PlainName, read: () => number): void {
    this.#collect(name, () => [[{}, read()]]);
  }

  /** One series for each value of the labels. */
  showEach<N extends LabelledName>(name: N, read: () => Labelled<LabelsOf<N>>): void {
    this.#collect(name, read);
  }

  /** Sums of what each sequence has of these: streams, series. */
  showBySequence<T extends OfSequence>(name: BySequenceName, all: () => Iterable<T>, read: (each: T) => number): void {
    this.showEach(name, () => bySequence(all(), read));
  }

  /** Times are told in milliseconds, and shown in seconds, as Prometheus wants them. */
  times(name: TimesName): (timeMs: number) => void {
    const { help } = METRICS[name];
    const histogram = new Histogram({ name, help, buckets: [...BUCKETS_S], registers: [this.registry] });
    return (timeMs) => histogram.observe(timeMs / 1_000);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** A counter's total is kept elsewhere, so both kinds are set to what is read; series of which nothing is said any more are left out. */
  #collect(name: PlainName | LabelledName, read: () => readonly (readonly [Readonly<Record<string, string>>, number])[]): void {
    const { help, kind, labels } = METRICS[name];
    const made = { name, help, labelNames: [...labels], registers: [this.registry] };
    if (kind === 'counter') {
      new Counter({
        ...made,
        collect() {
          this.reset();
          for (const [of, value] of read()) this.inc(of, value);
        },
      });
    } else {
      new Gauge({
        ...made,
        collect() {
          this.reset();
          for (const [of, value] of read()) this.set(of, value);
        },
      });
    }
  }
}

function bySequence<T extends OfSequence>(all: Iterable<T>, read: (each: T) => number): Labelled<'sequence'> {
  const totals = new Map<string, number>();
  for (const each of all) totals.set(each.sequence, (totals.get(each.sequence) ?? 0) + read(each));
  return [...totals].map(([sequence, total]) => [{ sequence }, total] as const);
}
