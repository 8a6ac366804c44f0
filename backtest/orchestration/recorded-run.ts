/** Records the counted part of one run for plots, in as many spans as a page shows and with as many digits as it tells apart. */
import { HistoryRecorder } from '../harness/history-recorder.ts';
import type { StreamHistory } from '../report/backtest-report.ts';
import type { DemandSource } from '../sources/demand-source.ts';
import type { Split } from './splits.ts';

const SPANS_MAX = 2_000;
const DIGITS = 5;

export interface RecordedRun {
  readonly history: StreamHistory;
  readonly worstHour?: StreamHistory;
}

export class RunRecorder {
  readonly recorder: HistoryRecorder;

  constructor({ name, startMs }: DemandSource, policy: string, { countedFromS, countedUntilS }: Split) {
    const spanS = Math.max(1, Math.ceil((countedUntilS - countedFromS) / SPANS_MAX));
    this.recorder = new HistoryRecorder({ stream: name, policy, startMs, spanS, fromS: countedFromS });
  }

  recording(): RecordedRun {
    const worstHour = this.recorder.worstHour();
    return { history: rounded(this.recorder.history()), ...(worstHour !== undefined && { worstHour: rounded(worstHour) }) };
  }
}

function rounded(history: StreamHistory): StreamHistory {
  const columns = Object.entries(history).map(([name, column]) => {
    const values: unknown = Array.isArray(column) ? column.map((value: number) => Number(value.toPrecision(DIGITS))) : column;
    return [name, values];
  });
  return Object.fromEntries(columns) as StreamHistory;
}
