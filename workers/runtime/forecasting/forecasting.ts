/** The fitted models of a forecaster: a refresher and its thread, as a process has them, and what is counted of both. */
import type { Clock, EventLog } from '../../../pipelines/ports.ts';
import type { LabelName } from '../observability/metric-catalogue.ts';
import type { RoleMetrics } from '../observability/role-metrics.ts';
import type { Logger } from '../process/logging.ts';
import type { Forecasts } from './forecasts.ts';
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
  const by =
    <L extends LabelName>(label: L, counts: () => ReadonlyMap<string, number>) =>
    () =>
      [...counts()].map(([value, count]) => [{ [label]: value } as Record<L, string>, count] as const);
  metrics.showEach(
    'seqcast_expert_forecasts_total',
    by('family', () => forecasts.heard),
  );
  metrics.showEach(
    'seqcast_expert_forecasts_dropped_total',
    by('reason', () => forecasts.dropped),
  );
  metrics.showEach(
    'seqcast_expert_refusals_total',
    by('reason', () => refresher.refused),
  );
  metrics.showEach(
    'seqcast_expert_weight',
    by('family', () => forecasts.familyWeights()),
  );
  metrics.show('seqcast_forecast_refreshes_total', () => refresher.rounds);
  metrics.show('seqcast_forecast_refresh_failures_total', () => refresher.failures);
  metrics.show('seqcast_forecast_refresh_seconds', () => refresher.roundMs / 1_000);
  metrics.show('seqcast_model_problems', () => refresher.problems().length);
}

const SILENT = { error: () => undefined, warn: () => undefined };
