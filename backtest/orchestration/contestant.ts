/** A policy as an entry of a backtest: what it is called, whether it is fitted to the past, and how one is made for a stream. */
import type { LeadTimes, Policy } from '../harness/policy.ts';
import type { MinuteVoices } from '../policies/minute-voices.ts';
import type { LeaderboardRow } from '../report/backtest-report.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';

export interface Contestant {
  /** Names it with all its settings: results of two entries with one id are the same. */
  readonly id: string;
  readonly name: string;
  readonly group: LeaderboardRow['group'];
  /** Fitted to the past: made anew at each origin, with all that came before it. Others learn as they go, and run once. */
  readonly fitted: boolean;
  /** Left out: it runs in every setting. Some differ only where there is a ride-through. */
  readonly runsWith?: (rideThroughS: number) => boolean;
  /** Makes one for every run: a policy has state. */
  create(stream: EnteredStream): Policy | Promise<Policy>;
}

export interface EnteredStream {
  readonly stream: string;
  readonly startMs: number;
  readonly leadTimes: LeadTimes;
  readonly rideThroughS: number;
  /** Seconds from the start of the trace on which counting begins. */
  readonly countFromS: number;
  /** What fitted models said of the stream, each minute from what came before it. */
  readonly voices: readonly MinuteVoices[];
  /** What may be looked at to fit. */
  training(): Promise<DemandSeconds>;
  /** Made once for all contestants of the stream that run together, e.g. a forecast. */
  shared<T>(what: string, make: () => T): T;
  /** All of it: for bounds that know the future, and nobody else. */
  future(): Promise<DemandSeconds>;
}
