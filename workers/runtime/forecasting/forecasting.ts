/** The fitted models of a forecaster: a refresher and its thread, as a process has them, and what is counted of both. */
import type { Clock, EventLog } from '../../../pipelines/ports.ts';
import type { Forecasts } from '../forecasts.ts';
import type { Logger } from '../logging.ts';
import type { RoleMetrics } from '../role-metrics.ts';
import type { ModelSource } from './model-source.ts';
import { Refresher } from './refresher.ts';
import { ThreadExperts } from './thread-experts.ts';

const REFRESH_MS = 60_000;
/** A twentieth of a core: fits are worth it where they are made once a day, and never at the cost of anything else. */
const FIT_MS_PER_HOUR = 180_000;

export interface ForecastingOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly forecasts: Forecasts;
  /** Left out where a process has no trained models. */
  readonly models?: ModelSource | undefined;
  readonly refreshMs?: number | undefined;
  readonly speedUp?: number;
  readonly monotonicMs: () => number;
  readonly logger?: Pick<Logger, 'error' | 'warn'> | undefined;
  readonly onFailure: (error: unknown) => void;
}

export function startForecasting(options: ForecastingOptions): Refresher {
  const { log, clock, forecasts, models, refreshMs = REFRESH_MS, speedUp = 1, monotonicMs, logger = SILENT, onFailure } = options;
  const experts = new ThreadExperts({ onProblem: (problem) => logger.error({ problem }, 'forecasts go on without a fitted model') });
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const parts = { log, clock, forecasts, experts, models, refreshMs, speedUp, monotonicMs, pause, logger, onFailure };
  const refresher = new Refresher({ ...parts, fitMsPerHour: FIT_MS_PER_HOUR });
  refresher.start();
  return refresher;
}

/** Labels are families and reasons: closed lists. */
export function countForecasting(metrics: RoleMetrics, forecasts: Forecasts, refresher: Refresher): void {
  const labelled = (label: string, counts: () => ReadonlyMap<string, number>) => () =>
    [...counts()].map(([value, count]) => [{ [label]: value }, count] as const);
  metrics.counts(
    'expert_forecasts_total',
    'Forecasts of fitted models that were folded, by family.',
    ['family'],
    labelled('family', () => forecasts.heard),
  );
  metrics.counts(
    'expert_forecasts_dropped_total',
    'Forecasts of fitted models that were turned away, by reason.',
    ['reason'],
    labelled('reason', () => forecasts.dropped),
  );
  metrics.counts(
    'expert_refusals_total',
    'Questions that fitted models had no usable answer to, by reason.',
    ['reason'],
    labelled('reason', () => refresher.refused),
  );
  metrics.gauges(
    'expert_weight',
    'Share of each family in the upper quantile, mean over the streams that it speaks of.',
    ['family'],
    labelled('family', () => forecasts.familyWeights()),
  );
  metrics.count('forecast_refreshes_total', 'Rounds in which fitted models were asked.', () => refresher.rounds);
  metrics.count('forecast_refresh_failures_total', 'Rounds that ended early because models could not be asked.', () => refresher.failures);
  metrics.gauge('forecast_refresh_seconds', 'What the last round took.', () => refresher.roundMs / 1_000);
  metrics.gauge('model_problems', 'Models that should answer and do not.', () => refresher.problems().length);
}

const SILENT = { error: () => undefined, warn: () => undefined };
