/**
 * Forecasts of the real stage and its real mixtures, where what fitted models say in the log is an enemy's: no numbers, negative, falling
 * or endless ones, leads and levels out of order, from the future, of a family nobody knows; and what passes for a forecast and is
 * wrong by any factor. Whatever it is, what the mixture says stays a forecast, and only time and size may depend on it (I10).
 */
import { EXPERT_FAMILIES } from '../models/mixture/expert-voices.ts';
import { StreamForecast } from '../models/stream-forecast.ts';
import { emptyForecast, onConsumption, onExpertForecast } from '../pipelines/forecast.ts';
import type { ConsumptionEvent, ExpertForecast, Forecast } from '../schemas/messages.ts';
import { Violation } from './checks/violation.ts';
import type { Dice } from './dice.ts';
import type { NoiseOptions } from './forecast-noise.ts';

const RIDE_THROUGH_MS = 60_000;
const LEADS_MS = [10_000, 60_000, 300_000] as const;
const LEVELS = [0.5, 0.9, 0.99] as const;
/** Of values that a stream of the simulation asks for in a lead; up to here the mixture listens. */
const WRONG_BY_MAX = 1_000;
const HOSTILE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 1e300, 2 ** 60, 0] as const;
const SAID_MAX = 3;

export class HostileExperts {
  readonly #state = emptyForecast({ newModel: () => new StreamForecast(), rideThroughMsOf: () => RIDE_THROUGH_MS });
  readonly #untilMs = new Map<string, number>();
  #events = 0;
  /** Forecasts that the mixtures took in, and that they turned away. */
  heard = 0;
  turnedAway = 0;

  /** What the stage says of a stream after its pool's report; throws a violation where that is no forecast. */
  forecast(asked: NoiseOptions): Forecast | undefined {
    const { stream, nowMs, dice } = asked;
    for (let said = dice.int(SAID_MAX + 1); said > 0; said--) {
      // Past the codec, which refuses some of it already: not every producer is ours.
      if (onExpertForecast(this.#state, hostileForecast(stream, nowMs, dice)) === undefined) this.heard++;
      else this.turnedAway++;
    }
    const forecast = onConsumption(this.#state, this.#report(asked));
    for (const { horizonMs, median, upper, cap, insured } of forecast?.horizons ?? []) {
      const wrong = [horizonMs, median, upper, cap, insured].find((value) => !(Number.isFinite(value) && value >= 0));
      if (wrong !== undefined) throw new Violation('I10', `the mixture of ${stream} says ${wrong} after a hostile expert`);
    }
    return forecast;
  }

  #report({ stream, pool, shards, nowMs, dice }: NoiseOptions): ConsumptionEvent {
    const fromMs = this.#untilMs.get(stream) ?? nowMs - 1_000;
    this.#untilMs.set(stream, nowMs);
    this.#events++;
    const demanded = dice.int(40);
    return {
      kind: 'ConsumptionEvent',
      stream,
      pool: pool.name,
      incarnation: pool.connected.state.incarnation,
      sequenceNumber: this.#events,
      fromMs,
      toMs: nowMs,
      issued: demanded,
      returned: 0,
      requests: demanded,
      stalls: 0,
      demanded,
      stock: pool.stockOf(stream),
      waiting: pool.waiting.values(stream),
      seenOffset: shards.nextOffset - 1,
      peakPerSecond: demanded,
      leadTimeMs: dice.int(3_000),
      largestRequest: 1 + dice.int(8),
      cursors: [],
    };
  }
}

/** Half of them look like forecasts: those are what the mixture has to live with. */
function hostileForecast(stream: string, nowMs: number, dice: Dice): ExpertForecast {
  const family = dice.pick(EXPERT_FAMILIES);
  const rate = dice.int(WRONG_BY_MAX);
  const quantiles = LEADS_MS.flatMap((_, lead) => LEVELS.map((_, level) => rate * (lead + 1) * (level + 1)));
  const plain = { stream, family, model: `${family}@hostile`, originMs: nowMs - 10_000 - dice.int(10_000), freshMs: 120_000 };
  const said: ExpertForecast = { kind: 'ExpertForecast', ...plain, leadsMs: LEADS_MS, levels: LEVELS, quantiles };
  if (dice.chance(0.5)) return said;
  const spoilt = dice.int(quantiles.length);
  return dice.pick<ExpertForecast>([
    { ...said, quantiles: quantiles.map((each, i) => (i === spoilt ? dice.pick(HOSTILE) : each)) },
    { ...said, quantiles: quantiles.slice(spoilt) },
    { ...said, leadsMs: [...LEADS_MS].reverse() },
    { ...said, leadsMs: [] },
    { ...said, levels: [0.5, Number.NaN, 2] },
    { ...said, originMs: nowMs + 1 + dice.int(1e9) },
    { ...said, freshMs: dice.pick([0, -1, 2 ** 52]) },
    { ...said, family: 'enemy' },
  ]);
}
