/** The live rule over a trace whose forecasts were made before: a run a blink long, for searches that need dozens of them. */
import { fixedLeadTime } from '../harness/lead-times.ts';
import { replayStream } from '../harness/replay.ts';
import type { StreamResult } from '../harness/result.ts';
import { BIN_S, type ForecastTrack } from '../policies/forecast-track.ts';
import { type SeqcastSettings, seqcastRuleOn } from '../policies/seqcast-rule.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';

/** Stock forgets within hours what it was; the forecasts have seen all of the trace. */
const STOCK_WARM_UP_S = 86_400;

export interface RuleOptions extends SeqcastSettings {
  /** Seconds before it only warm the stock up. */
  readonly countFromS: number;
}

export function runRule(demand: DemandSeconds, track: ForecastTrack, { countFromS, ...settings }: RuleOptions): StreamResult {
  const { leadTimeS, rideThroughS } = settings;
  const fromS = Math.max(0, Math.floor((countFromS - STOCK_WARM_UP_S) / BIN_S) * BIN_S);
  return replayStream(seqcastRuleOn(track, settings, fromS), demand, {
    leadTimes: fixedLeadTime(leadTimeS),
    rideThroughS,
    outagesS: rideThroughS > 0 ? [rideThroughS] : [],
    countFromS,
    fromS,
  });
}
