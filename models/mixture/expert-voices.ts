/**
 * What fitted models said of one stream last: the newest forecast of each family, as the fold heard it. Everything that the mixture
 * could be harmed by is turned away here, with the reason: what is not a number, falls, is beyond all bounds, or too old.
 */
import { ORDINAL_MAX } from '../../core/limits.ts';
import type { PeakLadder } from '../history/peak-memory.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';

/** One slot each in every mixture, in this order. Versions of one family take over its weight from each other. */
export const EXPERT_FAMILIES = ['lstm', 'ets', 'arima', 'prophet'] as const;
export type ExpertFamily = (typeof EXPERT_FAMILIES)[number];

/** Quantiles of the demand from the origin to each lead, lead by lead, level by level within. */
export interface SaidForecast {
  readonly family: string;
  readonly model: string;
  readonly originMs: number;
  readonly freshMs: number;
  readonly leadsMs: readonly number[];
  readonly levels: readonly number[];
  readonly quantiles: readonly number[];
}

export const DROP_REASONS = ['unknown-family', 'malformed', 'not-finite', 'negative', 'not-monotone', 'absurd', 'stale'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** A forecast of so much more than was ever asked for in such a time is a model that exploded; bursts are not foreseen that large. */
const ABSURD_FACTOR = 100;
/** Of a stream that hardly asked for anything more may be expected than a hundred times nothing. */
const ABSURD_MIN = 1_000;
/** A grid is a dozen leads and levels; a record of thousands would be folded, kept and saved for each stream. */
const QUANTILES_MAX = 512;
const NAME_LENGTH_MAX = 80;
/** Twice a day at least: what is older is history, whatever its maker says. */
const FRESH_MS_MAX = 2 * 86_400_000;

export class ExpertVoices {
  private readonly said = new Map<ExpertFamily, SaidForecast>();

  get bytes(): number {
    let bytes = 0;
    for (const { leadsMs, levels, quantiles } of this.said.values()) bytes += 8 * (leadsMs.length + levels.length + quantiles.length);
    return bytes;
  }

  /** The newest forecast of a family, while it may be used. */
  fresh(family: ExpertFamily, nowMs: number): SaidForecast | undefined {
    const said = this.said.get(family);
    return said !== undefined && nowMs <= said.originMs + said.freshMs && nowMs >= said.originMs ? said : undefined;
  }

  /** Takes it in, or says why not. `nowMs` is the end of the last complete bin. */
  hear(forecast: SaidForecast, nowMs: number, ladder: PeakLadder): DropReason | undefined {
    const family = EXPERT_FAMILIES.find((each) => each === forecast.family);
    if (family === undefined) return 'unknown-family';
    const wrong = faultOf(forecast) ?? untimely(forecast, nowMs, this.said.get(family)) ?? absurdity(forecast, ladder);
    if (wrong !== undefined) return wrong;
    const { model, originMs, freshMs, leadsMs, levels, quantiles } = forecast;
    // Single precision is far finer than any forecast, and half the state.
    this.said.set(family, { family, model, originMs, freshMs, leadsMs, levels, quantiles: quantiles.map(Math.fround) });
    return undefined;
  }

  save(to: StateWriter): void {
    for (const family of EXPERT_FAMILIES) {
      const said = this.said.get(family);
      to.number(said === undefined ? 0 : 1);
      if (said === undefined) continue;
      to.text(said.model);
      to.number(said.originMs);
      to.number(said.freshMs);
      for (const list of [said.leadsMs, said.levels]) {
        to.number(list.length);
        to.elements(Float64Array.from(list));
      }
      to.elements(Float32Array.from(said.quantiles));
    }
  }

  restore(from: StateReader): void {
    const list = (): number[] => {
      const values = new Float64Array(from.number());
      from.elements(values);
      return [...values];
    };
    for (const family of EXPERT_FAMILIES) {
      if (from.number() === 0) continue;
      const [model, originMs, freshMs] = [from.text(), from.number(), from.number()];
      const [leadsMs, levels] = [list(), list()];
      const quantiles = new Float32Array(leadsMs.length * levels.length);
      from.elements(quantiles);
      this.said.set(family, { family, model, originMs, freshMs, leadsMs, levels, quantiles: [...quantiles] });
    }
  }
}

/** What is wrong with a forecast, whoever it is of: also for whoever is about to say one. */
export function faultOf({ model, leadsMs, levels, quantiles }: Omit<SaidForecast, 'family'>): DropReason | undefined {
  if (leadsMs.length === 0 || quantiles.length > QUANTILES_MAX || quantiles.length !== leadsMs.length * levels.length) return 'malformed';
  if (model.length > NAME_LENGTH_MAX || !ascending(leadsMs, 0) || !ascending(levels, 0)) return 'malformed';
  // Between its outer levels there is a median, and nothing is certain.
  if ((levels[0] ?? 1) > 0.5 || (levels.at(-1) ?? 0) < 0.5 || (levels.at(-1) ?? 1) >= 1) return 'malformed';
  for (let i = 0; i < quantiles.length; i++) {
    const value = quantiles[i] ?? NaN;
    if (!Number.isFinite(value)) return 'not-finite';
    if (value < 0) return 'negative';
    if (value > ORDINAL_MAX) return 'absurd';
    const below = i % levels.length > 0 ? (quantiles[i - 1] ?? 0) : 0;
    const before = i >= levels.length ? (quantiles[i - levels.length] ?? 0) : 0;
    if (value < below || value < before) return 'not-monotone';
  }
  return undefined;
}

function ascending(list: readonly number[], above: number): boolean {
  let last = above;
  for (const value of list) {
    if (!Number.isFinite(value) || value <= last) return false;
    last = value;
  }
  return true;
}

/** Too old to be used, older than what is known, or made from a history that nobody has yet. */
function untimely({ originMs, freshMs }: SaidForecast, nowMs: number, known: SaidForecast | undefined): DropReason | undefined {
  const isTimely = freshMs > 0 && freshMs <= FRESH_MS_MAX && originMs <= nowMs && nowMs <= originMs + freshMs;
  return isTimely && originMs >= (known?.originMs ?? 0) ? undefined : 'stale';
}

function absurdity({ leadsMs, levels, quantiles }: SaidForecast, ladder: PeakLadder): DropReason | undefined {
  const isAbsurd = leadsMs.some((leadMs, i) => {
    const most = quantiles[(i + 1) * levels.length - 1] ?? 0;
    return most > ABSURD_FACTOR * ladder.peakOver(leadMs) + ABSURD_MIN;
  });
  return isAbsurd ? 'absurd' : undefined;
}
