/** What a comparison finds out, as it is kept. */
import type { Machine } from '../machine.ts';
import type { AnswerFacts } from './answers.ts';
import type { PeerKind } from './peer.ts';
import type { Plan } from './plan.ts';
import type { Spread } from './statistics.ts';

export interface LoadFigures {
  readonly perSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly p999Ms: Spread;
}

/** What an end cost, over all trials of it. */
export interface Loss {
  /** Values that nobody got and nobody will get. */
  readonly burnt: Spread;
  /** Values that were given out once more afterwards, of as many as had been taken before. */
  readonly again: Spread;
  /** From the moment the servers were there again to the next value, where a server was ended. */
  readonly silentMs?: Spread;
}

export interface PeerFigures {
  readonly name: string;
  readonly title: string;
  readonly kind: PeerKind;
  readonly isOurs: boolean;
  readonly how: string;
  readonly alone: LoadFigures;
  readonly together: LoadFigures;
  /** Values set aside and not given out, at the end of each round under load. */
  readonly idle: { readonly mean: number; readonly min: number; readonly max: number };
  readonly answers: AnswerFacts;
  readonly callerKilled?: Loss;
  readonly callerStopped?: Loss;
  readonly serverKilled?: Loss;
  readonly serverStopped?: Loss;
}

export interface FailoverFigures {
  readonly title: string;
  readonly isOurs: boolean;
  readonly taken: Spread;
  readonly duplicates: Spread;
  readonly burnt: Spread;
  /** Longest time without an answer to any caller. */
  readonly silentMs: Spread;
}

export interface Comparison {
  readonly command: string;
  readonly commit: string;
  readonly version: string;
  readonly date: string;
  readonly seed: number;
  readonly isQuick: boolean;
  readonly plan: Plan;
  readonly machine: Machine & { readonly engines: Readonly<Record<string, string>> };
  readonly seconds: number;
  /** What could not be measured here, and why. */
  readonly leftOut: readonly string[];
  readonly peers: readonly PeerFigures[];
  readonly failovers: readonly FailoverFigures[];
}
