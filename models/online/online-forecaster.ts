/**
 * Makes the forecasters that learn bin by bin (`forecaster.ts`) forecasters of series, for benches and backtests: feeds them the
 * history in bins of 10 s, each coarser bin spread evenly over its parts, and asks at its end. One copy is made for each lead, as
 * in the live mixture. Several histories of one series, each longer than the one before, are fed once.
 */
import {
  type Answer,
  type FittedForecaster,
  type LeadGrid,
  orderlyForecast,
  type Refusal,
  type SeriesForecaster,
  type SeriesHistory,
} from '../contract.ts';
import { BIN_MS, type Forecaster } from '../forecaster.ts';
import { DemandHistory, HORIZON_MS_MAX } from '../history/history.ts';
import { decodeModel, encodeModel } from '../series/model-bytes.ts';
import { isRefused, leadsOf, seriesEnd } from '../series/series-end.ts';

/** Bins fed at most, five weeks of them: the longest memory of these forecasters is three. */
const FED_BINS_MAX = (35 * 86_400_000) / BIN_MS;

export type MakeOnline = (history: DemandHistory, horizonMs: number) => Forecaster;

/** `id` is that of the forecasters that `make` makes. */
export function onlineForecaster(id: string, make: MakeOnline): SeriesForecaster {
  const model = `online-${id}`;
  const fitted = (): FittedForecaster => ({
    id: model,
    predict: (histories, grid) => Promise.resolve(new OnlineRun(model, make, grid).answers(histories)),
    save: () => encodeModel(model, {}),
  });
  return {
    id: model,
    traits: { scope: 'stream', needsSeasonality: false, historyBinsMin: 1 },
    fit: () => Promise.resolve(fitted()),
    load: (bytes) => {
      decodeModel(model, bytes, () => true);
      return fitted();
    },
  };
}

/** One pass over series: what it has fed already serves the next history, if that one goes on from there. */
class OnlineRun {
  private readonly model: string;
  private readonly make: MakeOnline;
  private readonly grid: LeadGrid;
  private fed: SeriesHistory | undefined;
  private history = new DemandHistory();
  private experts: readonly Forecaster[] = [];

  constructor(model: string, make: MakeOnline, grid: LeadGrid) {
    this.model = model;
    this.make = make;
    this.grid = grid;
  }

  answers(histories: readonly SeriesHistory[]): Answer[] {
    return histories.map((history) => this.answer(history));
  }

  private answer(history: SeriesHistory): Answer {
    const { model, grid } = this;
    const refusal = unsupported(model, history, grid);
    if (refusal !== undefined) return refusal;
    this.feed(history);
    const quantiles = new Float64Array(grid.leadsMs.length * grid.levels.length);
    for (const [lead, horizonMs] of grid.leadsMs.entries()) {
      const expert = this.experts[lead];
      if (expert?.ready !== true) return { model, refused: 'too-short', detail: `not ready at a lead of ${horizonMs} ms` };
      quantiles.set(expert.quantiles({ horizonMs, levels: grid.levels }), lead * grid.levels.length);
    }
    const originMs = history.startMs + history.demand.length * history.binMs;
    const [horizonMs = 1] = grid.leadsMs;
    const [median = 0] = this.experts[0]?.quantiles({ horizonMs, levels: [0.5] }) ?? [];
    return orderlyForecast({ model, originMs, ratePerSecond: (median * 1_000) / horizonMs, quantiles }, grid);
  }

  private feed(history: SeriesHistory): void {
    const parts = history.binMs / BIN_MS;
    let from = this.fed !== undefined && goesOn(this.fed, history) ? this.fed.demand.length : -1;
    if (from < 0) {
      this.history = new DemandHistory();
      this.experts = this.grid.leadsMs.map((leadMs) => this.make(this.history, leadMs));
      from = Math.max(0, history.demand.length - Math.floor(FED_BINS_MAX / parts));
    }
    for (let i = from; i < history.demand.length; i++) {
      // These forecasters know no outages: one is silence to them.
      const demand = history.outages?.[i] === 1 ? 0 : Math.max(0, history.demand[i] ?? 0) / parts;
      for (let part = 0; part < parts; part++) {
        const startMs = history.startMs + i * history.binMs + part * BIN_MS;
        this.history.observe(startMs, demand, (demand * 1_000) / BIN_MS);
        for (const expert of this.experts) expert.observe(startMs, demand);
      }
    }
    this.fed = history;
  }
}

/** Same memory, same start, at least as long: nothing that was fed can have changed. */
function goesOn(fed: SeriesHistory, next: SeriesHistory): boolean {
  const isSameSeries = fed.key === next.key && fed.startMs === next.startMs && fed.binMs === next.binMs;
  const isSameMemory = fed.demand.buffer === next.demand.buffer && fed.demand.byteOffset === next.demand.byteOffset;
  return isSameSeries && isSameMemory && next.demand.length >= fed.demand.length;
}

function unsupported(model: string, history: SeriesHistory, grid: LeadGrid): Refusal | undefined {
  const { binMs, startMs } = history;
  const refuse = (detail: string): Refusal => ({ model, refused: 'unsupported-grid', detail });
  if (binMs % BIN_MS !== 0) return refuse(`bins must be multiples of ${BIN_MS} ms`);
  if (startMs < 0 || startMs % BIN_MS !== 0) return refuse(`the first bin must start at a multiple of ${BIN_MS} ms`);
  if (grid.of !== 'total') return refuse('only totals are learnt');
  const leads = leadsOf(grid, binMs);
  if (isRefused(leads)) return { model, ...leads };
  if ((grid.leadsMs.at(-1) ?? 0) > HORIZON_MS_MAX) return refuse(`leads reach ${HORIZON_MS_MAX} ms at most`);
  const series = seriesEnd(history, Math.floor((FED_BINS_MAX * BIN_MS) / binMs));
  return isRefused(series) ? { model, ...series } : undefined;
}
