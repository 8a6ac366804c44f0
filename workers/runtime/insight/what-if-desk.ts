/**
 * Answers what the last day would have been under other cost ratios: finds what is remembered of the stream, and has a thread replay it.
 * One question at a time: it is for people who move a slider, and everything else in the process goes first.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { SequenceDefinition } from '../../../core/sequence.ts';
import { type DisposableThread, disposableThread } from '../../../models/threads/disposable-thread.ts';
import { COST_RATIO_MAX, COST_RATIO_MIN, costRatioOf } from './cost-ratio.ts';
import { DAY_MINUTES, type DayAnswer, type DayQuestion, MINUTE_MS } from './day-replay.ts';
import type { RememberedDemand } from './remembered-demand.ts';
import type { WhatIf } from './what-if.ts';

/** Less is no day to learn from. */
const MINUTES_MIN = 5;
/** Each is another replay of the day. */
export const COST_RATIOS_MAX = 4;
/** A day takes about two seconds the first time, on a busy machine many: whoever gives out values goes first. */
const REPLAY_MS_MAX = 30_000;
/** Somebody who moves the slider compares with the same day, although minutes go by. */
const SAME_DAY_MS = 300_000;
/** A thread holds some ten megabytes: it goes when nobody asked for so long. */
const THREAD_KEPT_MS = 120_000;

type Question = Omit<DayQuestion, 'costRatios'>;

export interface WhatIfDeskOptions {
  readonly remembered: (stream: string) => RememberedDemand | undefined | Promise<RememberedDemand | undefined>;
  readonly definitionOf: (stream: string) => SequenceDefinition;
  readonly monotonicMs: () => number;
}

export class WhatIfDesk {
  readonly #options: WhatIfDeskOptions;
  #thread: DisposableThread<DayQuestion, DayAnswer> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isBusy = false;
  #last: { readonly stream: string; readonly atMs: number; readonly question: Question } | undefined;

  constructor(options: WhatIfDeskOptions) {
    this.#options = options;
  }

  /** Throws `SEQ_INVALID_REQUEST`, `SEQ_UNKNOWN_STREAM`, `SEQ_UNSUPPORTED`, `SEQ_TOO_MANY_WAITING`, `SEQ_WAIT_TIMEOUT`. */
  async ask(stream: string, costRatios: readonly number[]): Promise<WhatIf> {
    mustBeRatios(costRatios);
    const definition = this.#options.definitionOf(stream);
    if (definition.guarantee === 'gapless') {
      throw new SequenceError('SEQ_UNSUPPORTED', 'numbers without a gap are granted as they are asked for: there is no stock to replay');
    }
    if (this.#isBusy) throw new SequenceError('SEQ_TOO_MANY_WAITING', 'another day is replayed at the moment: ask again in a second');
    this.#isBusy = true;
    try {
      return await this.#answer(stream, definition, costRatios);
    } finally {
      this.#isBusy = false;
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.close();
  }

  async #answer(stream: string, definition: SequenceDefinition, costRatios: readonly number[]): Promise<WhatIf> {
    const question = await this.#questionOf(stream, definition);
    const present = costRatioOf(definition.burnCost);
    const { demanded, stepMs, demand, runs } = await this.#replay({ ...question, costRatios: [present, ...costRatios] });
    const [now, ...others] = runs;
    if (now === undefined) throw new SequenceError('SEQ_INTERNAL', 'a replay answers for each ratio');
    const { startMs, warmUpMinutes, reserving } = question;
    return {
      stream,
      fromMs: startMs + warmUpMinutes * MINUTE_MS,
      toMs: startMs + question.demand.length * MINUTE_MS,
      leadTimeMs: reserving.leadTimeMs,
      burnCost: definition.burnCost,
      ...{ demanded, stepMs, demand, now, runs: others },
    };
  }

  async #questionOf(stream: string, definition: SequenceDefinition): Promise<Question> {
    const { remembered, monotonicMs } = this.#options;
    const atMs = monotonicMs();
    const { rideThroughMs, rideThroughClass, targetStallsPpm } = definition;
    const last = this.#last;
    if (last?.stream === stream && atMs - last.atMs < SAME_DAY_MS && isSame(last.question.reserving, definition)) return last.question;
    const demand = await remembered(stream);
    const minutes = demand?.demand.length ?? 0;
    if (demand === undefined || minutes < MINUTES_MIN) {
      const known = `${minutes} ${minutes === 1 ? 'minute is' : 'minutes are'} remembered here`;
      throw new SequenceError(
        'SEQ_UNKNOWN_STREAM',
        `too little is known of stream ${stream}: ${known}, at least ${MINUTES_MIN} are needed`,
        {
          stream,
        },
      );
    }
    const { startMs, leadTimeMs, requestSize, peaks } = demand;
    const question = {
      key: `${stream} ${startMs} ${minutes} ${atMs}`,
      startMs,
      // Of less than a day all is replayed, and its own beginning teaches.
      warmUpMinutes: Math.max(0, minutes - DAY_MINUTES),
      demand: demand.demand,
      peaks,
      reserving: { leadTimeMs, requestSize, rideThroughMs, rideThroughClass, targetStallsPpm },
    };
    this.#last = { stream, atMs, question };
    return question;
  }

  async #replay(question: DayQuestion): Promise<DayAnswer> {
    clearTimeout(this.#idle);
    try {
      this.#thread ??= disposableThread('../workers/runtime/insight/replay-thread.js', { taskMsMax: REPLAY_MS_MAX });
      const outcome = await this.#thread.run(question);
      if ('result' in outcome) return outcome.result;
      if (outcome.timedOut) throw new SequenceError('SEQ_WAIT_TIMEOUT', `the replay took longer than ${REPLAY_MS_MAX / 1_000} s`);
      throw new SequenceError('SEQ_INTERNAL', `the replay failed: ${outcome.failed}`);
    } finally {
      this.#idle = setTimeout(() => void this.close(), THREAD_KEPT_MS);
      this.#idle.unref();
    }
  }
}

function mustBeRatios(costRatios: readonly number[]): void {
  if (costRatios.length <= COST_RATIOS_MAX && costRatios.every((ratio) => ratio >= COST_RATIO_MIN && ratio <= COST_RATIO_MAX)) return;
  const range = `${COST_RATIO_MIN} to ${COST_RATIO_MAX}`;
  throw new SequenceError('SEQ_INVALID_REQUEST', `costRatio is at most ${COST_RATIOS_MAX} numbers from ${range}, with commas between`);
}

function isSame(reserving: Question['reserving'], definition: SequenceDefinition): boolean {
  const { rideThroughMs, rideThroughClass, targetStallsPpm } = definition;
  return (
    reserving.rideThroughMs === rideThroughMs &&
    reserving.rideThroughClass === rideThroughClass &&
    reserving.targetStallsPpm === targetStallsPpm
  );
}
