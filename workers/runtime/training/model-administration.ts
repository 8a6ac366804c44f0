/** What people do with models: look at them, put one into service or take it out by hand, and have one trained. */
import { randomBytes } from 'node:crypto';
import { SequenceError } from '../../../core/errors.ts';
import { championOf, formerChampionOf } from '../../../models/registry/champions.ts';
import { type ModelCard, modelId, parseModelId, readModelCard } from '../../../models/registry/model-card.ts';
import type { Clock, JobQueue, JobView, ListedModel, ModelStore } from '../../../pipelines/ports.ts';
import { cardPage } from './card-page.ts';
import type { ModelDirectory } from './model-directory.ts';
import { inspectWeights } from './model-inspection.ts';
import type { ModelDetails, ModelState, ModelView, RolledBack, TrainingOrder } from './model-views.ts';
import { LSTM_FAMILY } from './training-job.ts';
import { planOf } from './training-plan.ts';
import { TRAIN, TRAINING_JOBS } from './trainings.ts';

export interface ModelAdministrationOptions {
  readonly store: ModelStore;
  readonly directory: ModelDirectory;
  readonly jobs: JobQueue;
  readonly clock: Clock;
}

export class ModelAdministration {
  readonly #options: ModelAdministrationOptions;

  constructor(options: ModelAdministrationOptions) {
    this.#options = options;
  }

  /** Newest first. */
  async list(): Promise<ModelView[]> {
    const views = (await this.#options.store.list()).map((listed) => this.#viewOf(listed));
    return views.sort((a, b) => (b.madeAtMs ?? 0) - (a.madeAtMs ?? 0) || (a.model < b.model ? -1 : 1));
  }

  async show(version: string): Promise<ModelDetails> {
    const listed = await this.#find(version);
    const view = this.#viewOf(listed);
    if (listed.card === undefined) return { ...view, card: undefined, page: `# ${view.model}\n\n${listed.problem ?? ''}\n` };
    const card = readModelCard(listed.card);
    return { ...view, card, page: cardPage(card) };
  }

  /** Throws `SEQ_UNKNOWN_MODEL`, or `SEQ_MODEL_INVALID` for one that could not forecast. */
  async promote(version: string): Promise<ModelView> {
    const { store, directory } = this.#options;
    const { family, version: of } = await this.#find(version);
    const { card, weights } = await store.get(family, of);
    const { trainedUntilMs } = readModelCard(card);
    inspectWeights(family, weights);
    const model = modelId(family, of);
    await directory.say({ family, event: 'promoted', model, trainedUntilMs, because: 'promoted by hand' });
    return this.#viewOf(await this.#find(model));
  }

  /** Takes the champion out of service; its predecessor takes over, where there is one. */
  async rollBack(family: string = LSTM_FAMILY): Promise<RolledBack> {
    const { directory } = this.#options;
    const champion = championOf(directory.champions, family);
    if (champion === undefined) {
      throw new SequenceError('SEQ_UNKNOWN_MODEL', `no model of the family ${family} is in service`, { family });
    }
    const { model, trainedUntilMs } = champion;
    await directory.say({ family, event: 'rolled-back', model, trainedUntilMs, because: 'rolled back by hand' });
    return { rolledBack: model, inService: championOf(directory.champions, family)?.model };
  }

  /** The id of the job. */
  async train(order: TrainingOrder): Promise<{ readonly job: string }> {
    const { jobs, clock } = this.#options;
    const data = { ...order, untilMs: clock.nowMs() };
    // Refused here, where somebody is told, and not by the job.
    planOf(data, { nowMs: data.untilMs, champion: undefined });
    const job = `${TRAIN}-${randomBytes(4).toString('hex')}`;
    await jobs.add({ name: TRAIN, id: job, data });
    return { job };
  }

  /** Says of each training that runs how far it is. */
  async noted(views: readonly JobView[]): Promise<JobView[]> {
    if (!views.some(({ name, state }) => state === 'running' && TRAINING_JOBS.includes(name))) return [...views];
    const checkpoints = new Map((await this.#options.store.checkpoints()).map(({ job, progress }) => [job, progress]));
    return views.map((view) => {
      const progress = view.state === 'running' ? checkpoints.get(view.id) : undefined;
      if (progress === undefined) return view;
      const { step, steps, loss, etaMs } = progress;
      return { ...view, note: `step ${step} of ${steps}, loss ${loss.toPrecision(4)}, ${Math.ceil(etaMs / 1_000)} s to go` };
    });
  }

  /** By `lstm@3f2a90c1` or its digits alone. */
  async #find(version: string): Promise<ListedModel> {
    const wanted = parseModelId(version) ?? { family: undefined, version };
    const found = (await this.#options.store.list()).filter(
      (each) => each.version === wanted.version && (wanted.family === undefined || each.family === wanted.family),
    );
    const [first, second] = found;
    if (first === undefined) throw new SequenceError('SEQ_UNKNOWN_MODEL', `there is no model ${version.slice(0, 80)}`, { version });
    if (second !== undefined)
      throw new SequenceError('SEQ_UNKNOWN_MODEL', `${version} is of two families: write ${first.family}@${version}`);
    return first;
  }

  #viewOf({ family, version, card: facts, problem }: ListedModel): ModelView {
    const card = facts as Partial<ModelCard> | undefined;
    const model = modelId(family, version);
    return {
      model,
      family,
      version,
      ...this.#stateOf(family, model, card, problem),
      madeAtMs: card?.madeAtMs,
      trainedUntilMs: card?.trainedUntilMs,
      kind: card?.training?.kind,
      steps: card?.training?.steps,
      streams: card?.data?.streams,
      loss: card?.evaluation?.losses.challenger,
      improvement: card?.evaluation?.improvement.share,
    };
  }

  #stateOf(
    family: string,
    model: string,
    card: Partial<ModelCard> | undefined,
    problem: string | undefined,
  ): { readonly state: ModelState; readonly because: string } {
    const { directory } = this.#options;
    const champion = championOf(directory.champions, family);
    if (problem !== undefined) return { state: 'damaged', because: problem };
    if (champion?.model === model) return { state: 'champion', because: champion.because };
    const out = directory.rollBack(family, model);
    if (out !== undefined) return { state: 'rolled-back', because: out.because };
    const former = formerChampionOf(directory.champions, family);
    if (former?.model === model) return { state: 'former', because: former.because };
    return { state: 'challenger', because: card?.evaluation?.verdict.because ?? '' };
  }
}
