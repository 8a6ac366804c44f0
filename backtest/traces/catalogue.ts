/** The traces there are, each loaded when it is its turn: the longest hold sixty days of seconds. */
import { type DemandSet, type DemandSource, inMemory } from '../sources/demand-source.ts';
import { demandSetOf } from '../sources/generated-demand.ts';
import { scaled } from '../sources/scaled-source.ts';
import type { DemandSeconds } from './demand-seconds.ts';
import { batch, daily, diurnal, jitter, shift, steady, week } from './generators.ts';
import { onboarding, zipf } from './many-streams.ts';
import { azure, m4, taxi } from './public-sets.ts';
import { nasa, nasaSmoothed, twitter } from './recorded.ts';
import { flash, flash1, outage, restart } from './surprises.ts';

export interface TraceSource {
  readonly name: string;
  /** Nothing where it needs recorded data that is not there. */
  readonly load: () => DemandSeconds | undefined;
}

/** What the closed-loop bench replays, one stream a trace. */
export function closedLoopTraces(dataDir: string): TraceSource[] {
  return [
    { name: 'diurnal', load: () => diurnal() },
    { name: 'batch', load: () => batch() },
    { name: 'flash', load: () => flash() },
    { name: 'week', load: () => week() },
    { name: 'daily', load: () => daily() },
    { name: 'shift', load: () => shift() },
    { name: 'nasa', load: () => nasa(dataDir) },
    { name: 'nasa100', load: () => nasa(dataDir, 100) },
    { name: 'aapl100', load: () => twitter(dataDir, 'AAPL', 100) },
    { name: 'fb100', load: () => twitter(dataDir, 'FB', 100) },
  ];
}

export interface TraceOptions {
  /** Directory of the public data sets. */
  readonly dataDir: string;
  /** Multiplies all values. */
  readonly factor: number;
  /** Of what is drawn; each trace has its own where it is left out. */
  readonly seed: number | undefined;
}

interface TraceEntry {
  /** For a list of them. */
  readonly about: string;
  /** Nothing where it needs recorded data that is not there. */
  readonly open: (options: TraceOptions) => Promise<DemandSet | undefined>;
}

const ENTRIES: Readonly<Record<string, TraceEntry>> = {
  steady: drawn('two days of 500 values a second', (seed) => one(steady(seed))),
  diurnal: drawn('four days between 5 values a second at midnight and 1,000 at noon', (seed) => one(diurnal(seed))),
  week: drawn('four weeks of office hours', (seed) => one(week(seed))),
  batch: drawn('a job on the hour, from 50 to 20,000 a second for a minute', (seed) => one(batch(seed))),
  jitter: drawn('the same job, up to ten minutes late', (seed) => one(jitter(seed))),
  shift: drawn('the same job, which moves by twenty minutes once', (seed) => one(shift(seed))),
  daily: drawn('two weeks of a job at three in the morning', (seed) => one(daily(seed))),
  flash: drawn('three crowds of 20,000 a second, one after rules have warmed up', (seed) => one(flash(seed))),
  flash1: drawn('one crowd, the first ever, after rules have warmed up', (seed) => one(flash1(seed))),
  restart: drawn('a fleet that is silent three times and then asks all at once', (seed) => one(restart(seed))),
  outage: drawn('a line that is cut three times and makes up for it', (seed) => one(outage(seed))),
  onboarding: drawn('twenty streams that begin one after another', onboarding),
  zipf: drawn('ten thousand streams, the n-th with 1/n of the demand of the first', zipf),
  nasa: { about: "NASA's web server, July 1995; from bundled minutes where its seconds are not there", open: openNasa },
  nasa1000s: drawnFrom('a thousand such servers, each visited by others', ({ dataDir, seed }) => nasaSmoothed(dataDir, seed)),
  aapl: mentions('AAPL'),
  crm: mentions('CRM'),
  fb: mentions('FB'),
  goog: mentions('GOOG'),
  ibm: mentions('IBM'),
  ups: mentions('UPS'),
  taxi: { about: 'taxi passengers in New York, seven months', open: taxi },
  azure: { about: 'an hour of single requests to a language model', open: azure },
  m4: { about: '414 hourly series of the M4 competition', open: m4 },
};

/** Name and description of each. */
export function traceNames(): readonly { readonly name: string; readonly about: string }[] {
  return Object.entries(ENTRIES).map(([name, { about }]) => ({ name, about }));
}

/** Undefined where no trace is called so, or its data is not there. */
export async function openTrace(name: string, options: TraceOptions): Promise<DemandSet | undefined> {
  return Object.hasOwn(ENTRIES, name) ? ENTRIES[name]?.open(options) : undefined;
}

function drawn(about: string, streams: (seed: number | undefined) => readonly DemandSource[]): TraceEntry {
  return {
    about,
    open: ({ factor, seed }) =>
      demandSetOf(
        '',
        streams(seed).map((stream) => scaled(stream, factor)),
      ),
  };
}

function drawnFrom(about: string, load: (options: TraceOptions) => DemandSeconds | undefined): TraceEntry {
  return {
    about,
    async open(options) {
      const demand = load(options);
      return demand === undefined ? undefined : demandSetOf('', [scaled(inMemory(demand), options.factor)]);
    },
  };
}

function mentions(ticker: string): TraceEntry {
  return {
    about: `mentions of ${ticker} on Twitter, two months`,
    async open({ dataDir, factor }) {
      const demand = twitter(dataDir, ticker, factor);
      return demand === undefined ? undefined : demandSetOf('', one(demand));
    },
  };
}

async function openNasa({ dataDir, factor }: TraceOptions): Promise<DemandSet> {
  const demand = nasa(dataDir, factor);
  const isDrawn = demand.name.endsWith('(minutes)');
  const repairs = isDrawn ? ['its seconds are not there: they were drawn from the minutes that are bundled'] : [];
  return demandSetOf('', one(demand), repairs);
}

function one(demand: DemandSeconds): readonly DemandSource[] {
  return [inMemory(demand)];
}
