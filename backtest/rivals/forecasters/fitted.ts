/**
 * One fitted model alone as a newsvendor's forecaster, the LSTM or another, from what it said of the trace minute by minute. While it
 * has said nothing, or is too old to be heard, the rate of the last minute goes on.
 */

import { BIN_MS } from '../../../models/forecaster.ts';
import { DemandHistory } from '../../../models/history/history.ts';
import { PeakLadder } from '../../../models/history/peak-memory.ts';
import { type ExpertFamily, ExpertVoices } from '../../../models/mixture/expert-voices.ts';
import { FittedExpert } from '../../../models/mixture/fitted-expert.ts';
import { type MinuteVoices, speakingUp } from '../../policies/minute-voices.ts';
import type { DemandQuantiles } from './demand-quantiles.ts';
import { ewmaQuantiles } from './ewma.ts';
import type { SpokenOptions } from './mixture.ts';

const BIN_S = BIN_MS / 1_000;

export function fittedQuantiles({ startMs, horizonsS }: SpokenOptions, said: MinuteVoices, family: ExpertFamily): DemandQuantiles {
  const history = new DemandHistory();
  const ladder = new PeakLadder(history);
  const voices = new ExpertVoices();
  const speak = speakingUp(said);
  const experts = horizonsS.map((horizonS) => new FittedExpert({ history, voices, family, horizonMs: horizonS * 1_000 }));
  const meanwhile = ewmaQuantiles();
  let seconds = 0;
  let sum = 0;
  let peak = 0;

  function bin(binStartMs: number): void {
    speak({ hear: (forecast) => voices.hear(forecast, binStartMs, ladder) }, binStartMs);
    history.observe(binStartMs, sum, peak);
    ladder.observe();
    sum = 0;
    peak = 0;
  }

  return {
    name: said.family,
    observe(demand) {
      meanwhile.observe(demand);
      sum += demand;
      peak = Math.max(peak, demand);
      seconds++;
      if (seconds % BIN_S === 0) bin(startMs + (seconds - BIN_S) * 1_000);
      return true;
    },
    quantile(level, horizonS) {
      const horizonMs = horizonS * 1_000;
      const expert = experts[horizonsS.indexOf(horizonS)];
      if (expert?.ready !== true) return meanwhile.quantile(level, horizonS);
      return expert.quantiles({ horizonMs, levels: [level] })[0] ?? 0;
    },
  };
}
