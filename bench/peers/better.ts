/**
 * Where another one is better, told before anything else: each figure of each of ours against each peer of its kind, worst for us first. A
 * difference of medians whose ranges overlap is told too, and called one of this run.
 */
import type { FailoverFigures, PeerFigures } from './figures.ts';
import { areApart, type Spread } from './statistics.ts';

export interface BetterPeer {
  readonly ours: string;
  readonly measure: string;
  readonly unit: string;
  readonly peer: string;
  readonly ourFigure: number;
  readonly peerFigure: number;
  /** How many times better; infinite where theirs is nothing and ours is something. */
  readonly times: number;
  readonly isCertain: boolean;
}

/** Less than that is the grain of the clock. */
const TIMES_MIN = 1.01;

interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly isMoreBetter?: boolean;
  /** Left out of what is not to be told apart on any machine. */
  readonly of: (peer: PeerFigures) => Spread | undefined;
}

const one = (value: number): Spread => ({ median: value, min: value, max: value });

const MEASURES: readonly Measure[] = [
  { name: 'throughput, 1 caller', unit: 'values/s', isMoreBetter: true, of: ({ alone }) => alone.perSecond },
  { name: 'throughput, 32 callers', unit: 'values/s', isMoreBetter: true, of: ({ together }) => together.perSecond },
  ...(['p50Ms', 'p99Ms', 'p999Ms'] as const).flatMap((quantile): Measure[] => {
    const name = quantile.replace('Ms', '');
    return [
      { name: `${name}, 1 caller`, unit: 'ms', of: ({ alone }) => alone[quantile] },
      { name: `${name}, 32 callers`, unit: 'ms', of: ({ together }) => together[quantile] },
    ];
  }),
  { name: 'idle stock', unit: 'values', of: ({ idle: { mean, min, max } }) => ({ median: mean, min, max }) },
  {
    name: 'idle stock, as time of its own load',
    unit: 's',
    of: ({ idle: { mean, min, max }, together: { perSecond } }) => {
      const seconds = (values: number): number => values / perSecond.median;
      return { median: seconds(mean), min: seconds(min), max: seconds(max) };
    },
  },
  { name: 'burnt by a killed caller', unit: 'values', of: ({ callerKilled }) => callerKilled?.burnt },
  { name: 'burnt by a clean stop of the caller', unit: 'values', of: ({ callerStopped }) => callerStopped?.burnt },
  { name: 'burnt by killed servers', unit: 'values', of: ({ serverKilled }) => serverKilled?.burnt },
  { name: 'burnt by a clean restart of the servers', unit: 'values', of: ({ serverStopped }) => serverStopped?.burnt },
  { name: 'until the next value after killed servers', unit: 'ms', of: ({ serverKilled }) => serverKilled?.silentMs },
  { name: 'given out again after killed servers', unit: 'values', of: ({ serverKilled }) => serverKilled?.again },
  { name: 'gaps', unit: 'values', of: ({ answers: { gaps } }) => (gaps === undefined ? undefined : one(gaps)) },
  { name: 'out of order', unit: 'calls', of: ({ answers: { outOfOrder } }) => one(outOfOrder) },
  { name: 'out of order for one caller', unit: 'calls', of: ({ answers: { outOfOrderOfCaller } }) => one(outOfOrderOfCaller) },
];

export function betterPeers(all: readonly PeerFigures[]): BetterPeer[] {
  const ours = all.filter(({ isOurs }) => isOurs);
  return MEASURES.flatMap((measure) =>
    ours.flatMap((each) =>
      all
        .filter(({ isOurs, kind }) => !isOurs && kind === each.kind)
        .flatMap((peer) => better(measure, each, peer) ?? [])
        .sort((a, b) => b.times - a.times),
    ),
  );
}

function better({ name, unit, isMoreBetter = false, of }: Measure, ours: PeerFigures, peer: PeerFigures): BetterPeer | undefined {
  const [our, their] = [of(ours), of(peer)];
  if (our === undefined || their === undefined) return undefined;
  const [more, less] = isMoreBetter ? [their.median, our.median] : [our.median, their.median];
  if (more <= less * TIMES_MIN) return undefined;
  const figures = { ourFigure: our.median, peerFigure: their.median };
  return { ours: ours.title, measure: name, unit, peer: peer.title, ...figures, times: more / less, isCertain: areApart(our, their) };
}

/** Fail-overs likewise: who was quicker, and who lost fewer values. */
export function betterFailovers(all: readonly FailoverFigures[]): BetterPeer[] {
  const measures = [
    { name: 'silence of a fail-over', unit: 'ms', of: ({ silentMs }: FailoverFigures) => silentMs },
    { name: 'burnt by a fail-over', unit: 'values', of: ({ burnt }: FailoverFigures) => burnt },
    { name: 'given out twice by a fail-over', unit: 'values', of: ({ duplicates }: FailoverFigures) => duplicates },
  ];
  return measures.flatMap(({ name, unit, of }) =>
    all
      .filter(({ isOurs }) => isOurs)
      .flatMap((ours) =>
        all.flatMap((peer) => {
          const [our, their] = [of(ours), of(peer)];
          if (peer.isOurs || our.median <= their.median) return [];
          const figures = { ourFigure: our.median, peerFigure: their.median };
          const words = { ours: ours.title, measure: name, unit, peer: peer.title };
          return [{ ...words, ...figures, times: our.median / their.median, isCertain: areApart(our, their) }];
        }),
      ),
  );
}
