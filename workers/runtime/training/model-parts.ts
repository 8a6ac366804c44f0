/** The registry in a process: where models are, which are in service, and what people do with them. */
import { openModelStore } from '../../../adapters/embedded/model-store.ts';
import type { Clock, EventLog, JobQueue, ModelStore } from '../../../pipelines/ports.ts';
import type { OnPoisonOf } from '../ledger/dead-letters.ts';
import type { RoleMetrics } from '../observability/role-metrics.ts';
import type { Logger } from '../process/logging.ts';
import { ModelAdministration } from './model-administration.ts';
import { ModelDirectory } from './model-directory.ts';

export interface ModelParts {
  readonly store: ModelStore;
  readonly directory: ModelDirectory;
  readonly administration: ModelAdministration;
}

export interface ModelPartsOptions {
  readonly dir: string;
  readonly log: EventLog;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  readonly partitionCount: number;
  readonly logger: Pick<Logger, 'error'>;
  readonly onFailure: (error: unknown) => void;
  readonly onPoison?: OnPoisonOf;
}

export async function openModels(options: ModelPartsOptions): Promise<ModelParts> {
  const { dir, log, jobs, clock, partitionCount, logger, onFailure, onPoison } = options;
  const store = await openModelStore({ dir });
  const onProblem = (model: string, error: unknown): void => logger.error({ err: error, model }, 'a model in service cannot be used');
  const poison = onPoison === undefined ? {} : { onPoison };
  const directory = new ModelDirectory({ log, store, clock, partitionCount, onProblem, onFailure, ...poison });
  await directory.start();
  return { store, directory, administration: new ModelAdministration({ store, directory, jobs, clock }) };
}

export function countModels(metrics: RoleMetrics, { directory }: Pick<ModelParts, 'directory'>): void {
  metrics.show('seqcast_model_rollbacks_total', () => directory.rollbacks);
  metrics.show('seqcast_unusable_models', () => directory.problems().length);
  metrics.showEach('seqcast_model_trained_until_seconds', () =>
    directory.serving().map(({ family, trainedUntilMs }) => [{ family }, trainedUntilMs / 1_000] as const),
  );
}
