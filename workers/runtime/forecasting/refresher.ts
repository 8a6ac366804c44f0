/**
 * Asks fitted models about the streams of this process, again and again, and says what they expect in the log that the forecast stage
 * folds. The fold never waits for a model, and a replay needs none.
 *
 * A busy stream is asked about in each round, a quiet one in every fifth. When a round takes longer than the time between two, the next
 * one begins late: what was said is good for two rounds, and after that the mixture goes on without.
 */

import { partitionOf } from '../../../core/stream.ts';
import { type Answer, isRefusal } from '../../../models/contract.ts';
import type { ExpertFamily } from '../../../models/mixture/expert-voices.ts';
import type { Clock, EventLog } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { Logger } from '../process/logging.ts';
import { PendingAppends } from '../process/pending-appends.ts';
import { EXPERT_PLANS, type ExpertPlan } from './expert-plans.ts';
import { expertRecord } from './expert-record.ts';
import type { Experts } from './experts.ts';
import { FitAgenda } from './fit-agenda.ts';
import type { Forecasts, ModelledStream } from './forecasts.ts';
import { HistoryBatches, type Unhurried } from './history-batch.ts';
import type { ModelSource } from './model-source.ts';

/** Refreshes are no closer than this in real time, however fast the clock goes. */
const REFRESH_WALL_MS_MIN = 250;
/** The network takes as many at a time. */
const BATCH_STREAMS = 128;
/** More streams than this in one round would take longer than a round; the others come first in the next one. */
const ROUND_STREAMS_MAX = 10_000;
/** Values per second from which on a stream is busy: ten a minute. */
const BUSY_RATE = 1 / 6;
/** Rounds between two questions about a quiet stream. */
const QUIET_ROUNDS = 5;
const FORGET_ROUNDS = 60;
/** A model that knows only bins longer than twice the horizon is not heard (see `models/mixture/fitted-expert.ts`). */
const FIRST_LEAD_SHARE = 0.5;
const TRAINED: ExpertFamily = 'lstm';
const FITTED: readonly ExpertFamily[] = ['ets', 'arima', 'prophet'];

export interface RefresherOptions extends Unhurried {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly forecasts: Pick<Forecasts, 'models' | 'isFollowed'>;
  readonly experts: Experts;
  readonly models: ModelSource | undefined;
  /** Between two rounds, by `clock`, which goes so many times as fast as real time. */
  readonly refreshMs: number;
  readonly speedUp: number;
  /** Asks about quiet streams in every round, too: for measuring. */
  readonly asksAll?: boolean;
  /** Real milliseconds of fitting in an hour; 0 fits nothing. */
  readonly fitMsPerHour: number;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  readonly onFailure: (error: unknown) => void;
}

export class Refresher {
  readonly #options: RefresherOptions;
  readonly #appends: PendingAppends;
  readonly #batches: HistoryBatches;
  readonly #agenda: FitAgenda;
  /** Origin of what was said last, by family and stream. */
  readonly #saidMs = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #round = 0;
  #roundAtMs = Number.NaN;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;
  #served: string | undefined;
  /** Forecasts said, by family, and answers that were none, by reason. */
  readonly said = new Map<string, number>();
  readonly refused = new Map<string, number>();
  rounds = 0;
  roundMs = 0;
  failures = 0;

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#appends = new PendingAppends(options.onFailure);
    this.#batches = new HistoryBatches(options);
    this.#agenda = new FitAgenda(options.fitMsPerHour);
  }

  start(): void {
    const { models, refreshMs, speedUp } = this.#options;
    models?.onChange((family) => {
      if (family === TRAINED) this.#serve();
    });
    this.#serve();
    const wallMs = Math.max(REFRESH_WALL_MS_MIN, refreshMs / speedUp);
    let isRunning = false;
    this.#timer = setInterval(() => {
      if (isRunning) return;
      isRunning = true;
      this.#running = this.refresh().finally(() => {
        isRunning = false;
      });
    }, wallMs);
    this.#timer.unref();
  }

  /** Models that should answer and do not: the mixture goes on without them. */
  problems(): readonly string[] {
    return this.#options.experts.problems();
  }

  /** One round. Never rejects: what failed is tried again in the next one. */
  async refresh(): Promise<void> {
    const { clock, monotonicMs, logger } = this.#options;
    const startMs = monotonicMs();
    const nowMs = clock.nowMs();
    const elapsedMs = Number.isNaN(this.#roundAtMs) ? 0 : nowMs - this.#roundAtMs;
    this.#roundAtMs = nowMs;
    this.#round++;
    try {
      await this.#askTrained(this.#periodMs(elapsedMs));
      for (const family of FITTED) await this.#askFitted(family, this.#periodMs(elapsedMs));
      this.#forgetOthers();
    } catch (error) {
      this.failures++;
      if (!this.#isClosed) logger.warn({ err: error }, 'fitted models were not asked; it is tried again');
    }
    this.#batches.letGo();
    await this.#appends.settle();
    this.rounds++;
    this.roundMs = monotonicMs() - startMs;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#options.experts.close();
    await this.#running;
    await this.#appends.settle();
  }

  #serve(): void {
    const { models, experts } = this.#options;
    const model = models?.current(TRAINED);
    if (model?.version === this.#served) return;
    this.#served = model?.version;
    experts.serve(TRAINED, model);
  }

  /** How far rounds are apart, by the clock: as planned, or as they really are. */
  #periodMs(elapsedMs: number): number {
    const { refreshMs, speedUp } = this.#options;
    return Math.max(refreshMs, REFRESH_WALL_MS_MIN * speedUp, elapsedMs);
  }

  async #askTrained(periodMs: number): Promise<void> {
    const version = this.#options.experts.serving(TRAINED);
    if (version === undefined) return;
    const plan = EXPERT_PLANS[TRAINED];
    const due: ModelledStream[] = [];
    for (const each of this.#options.forecasts.models()) {
      const isTurn =
        this.#options.asksAll === true || isBusy(each) || (partitionOf(each.stream, QUIET_ROUNDS) + this.#round) % QUIET_ROUNDS === 0;
      if (isTurn && this.#isAnswerable(each, plan) && this.#isNews(TRAINED, each, plan)) due.push(each);
    }
    for (const batch of batchesOf(longestUnsaid(due, (each) => this.#saidMs.get(keyOf(TRAINED, each.stream)) ?? 0))) {
      await this.#ask(TRAINED, batch, { version, periodMs });
    }
  }

  /** Families that are fitted stream by stream: those that have a fit say what is new, and some are fitted, as the budget allows. */
  async #askFitted(family: ExpertFamily, periodMs: number): Promise<void> {
    const { monotonicMs, forecasts } = this.#options;
    const plan = EXPERT_PLANS[family];
    const fitted: ModelledStream[] = [];
    const others: ModelledStream[] = [];
    for (const each of forecasts.models()) {
      if (!this.#isAnswerable(each, plan)) continue;
      if (this.#agenda.isFitted(family, each.stream, each.model.cutoffMs)) {
        if (this.#isNews(family, each, plan)) fitted.push(each);
      } else others.push(each);
    }
    for (const batch of batchesOf(fitted)) await this.#ask(family, batch, { periodMs });
    const chosen = this.#agenda.choose(family, others, monotonicMs());
    for (const each of chosen) await this.#ask(family, [each], { periodMs, isFit: true });
  }

  async #ask(family: ExpertFamily, batch: readonly ModelledStream[], how: AskedHow): Promise<void> {
    const { experts } = this.#options;
    const plan = EXPERT_PLANS[family];
    const { histories, memory } = await this.#batches.gather(batch, plan);
    const fit = how.isFit === true ? { fit: { seasonsBins: plan.seasonsBins ?? [], seed: 1 } } : {};
    const { answers, tookMs } = await experts.ask({ family, histories, grid: plan.grid, ...fit });
    this.#batches.reuse(memory, plan);
    if (how.isFit === true) {
      for (const { stream, model } of batch) this.#agenda.note(family, stream, model.cutoffMs, tookMs / batch.length);
    }
    this.#say(family, batch, answers, how);
  }

  #say(family: ExpertFamily, batch: readonly ModelledStream[], answers: readonly Answer[], { version, periodMs }: AskedHow): void {
    const { log, forecasts } = this.#options;
    const { grid, binMs } = EXPERT_PLANS[family];
    const byPartition = new Map<number, Uint8Array[]>();
    batch.forEach((each, i) => {
      const { partition, stream, model } = each;
      const answer = answers[i];
      // Whoever owns the partition now asks for itself.
      if (answer === undefined || !forecasts.isFollowed(partition)) return;
      this.#saidMs.set(keyOf(family, stream), originOf(each, binMs));
      const freshMs = 2 * Math.max(binMs, periodMs * (family === TRAINED && !isBusy(each) ? QUIET_ROUNDS : 1)) + binMs;
      const record = expertRecord(answer, { family, version, stream, grid, freshMs, longestHorizonMs: model.longestHorizonMs });
      if (typeof record === 'string') {
        count(this.refused, record);
        if (isRefusal(answer)) this.#agenda.refused(family, stream, model.cutoffMs, answer);
        return;
      }
      count(this.said, family);
      const records = byPartition.get(partition);
      if (records === undefined) byPartition.set(partition, [encode(record)]);
      else records.push(encode(record));
    });
    for (const [partition, records] of byPartition) {
      this.#appends.add(log.append({ topic: TOPICS.consumption.name, partition, records }));
    }
  }

  /** Once in a while: streams of partitions that others own now would be remembered for ever. */
  #forgetOthers(): void {
    if (this.#round % FORGET_ROUNDS !== 0) return;
    const streams = new Set<string>();
    for (const { stream } of this.#options.forecasts.models()) streams.add(stream);
    this.#agenda.forget((stream) => streams.has(stream));
    for (const key of this.#saidMs.keys()) if (!streams.has(key.slice(key.indexOf(' ') + 1))) this.#saidMs.delete(key);
  }

  #isAnswerable({ model }: ModelledStream, { binMs, historyBinsMin, grid }: ExpertPlan): boolean {
    return model.longestHorizonMs >= FIRST_LEAD_SHARE * (grid.leadsMs[0] ?? 0) && model.knownMs >= (historyBinsMin + 1) * binMs;
  }

  /** True where a bin has ended since it was said last. */
  #isNews(family: ExpertFamily, each: ModelledStream, { binMs }: ExpertPlan): boolean {
    return this.#saidMs.get(keyOf(family, each.stream)) !== originOf(each, binMs);
  }
}

interface AskedHow {
  readonly periodMs: number;
  readonly version?: string;
  readonly isFit?: boolean;
}

function isBusy({ model }: ModelledStream): boolean {
  return model.rate >= BUSY_RATE;
}

function originOf({ model }: ModelledStream, binMs: number): number {
  return Math.floor(model.cutoffMs / binMs) * binMs;
}

function keyOf(family: ExpertFamily, stream: string): string {
  return `${family} ${stream}`;
}

/** As many as fit into a round; those that waited longest where they are too many. */
function longestUnsaid(due: ModelledStream[], saidMs: (each: ModelledStream) => number): readonly ModelledStream[] {
  if (due.length <= ROUND_STREAMS_MAX) return due;
  return due.sort((a, b) => saidMs(a) - saidMs(b)).slice(0, ROUND_STREAMS_MAX);
}

function* batchesOf(streams: readonly ModelledStream[]): Generator<readonly ModelledStream[]> {
  for (let from = 0; from < streams.length; from += BATCH_STREAMS) yield streams.slice(from, from + BATCH_STREAMS);
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
