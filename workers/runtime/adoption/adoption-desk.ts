/**
 * Adopting a sequence, cutting over and going back, each step agreed on in the log before it is acted on. Several processes may draw from one
 * counter: the counter itself keeps them apart.
 */
import { SequenceError } from '../../../core/errors.ts';
import { checkName } from '../../../core/sequence.ts';
import { type Adoption, isUnderWay, totalOf } from '../../../pipelines/adoptions.ts';
import type { ValueRun } from '../../../schemas/adoption-messages.ts';
import type { SeqcastService } from '../service/service.ts';
import { AdoptedSequence, type AdoptedSequenceParts } from './adopted-sequence.ts';
import { abandoned, cutOver, refused } from './adoption-errors.ts';
import { type AdoptionService, type AdoptionView, adoptionView } from './adoption-views.ts';

export interface AdoptionDeskOptions extends AdoptedSequenceParts {
  /** The ledger's sequences, which an adopted one becomes at the cut-over. */
  readonly service: Pick<SeqcastService, 'create' | 'describe'>;
  readonly pause: (ms: number) => Promise<void>;
}

/** A sequence that another process created is in this one's ledger a moment later. */
const KNOWN_MS_MAX = 10_000;
const KNOWN_EVERY_MS = 20;
/** How long a caller waits for a cut-over that is under way. */
const CUT_OVER_MS_MAX = 5_000;

export class AdoptionDesk implements AdoptionService {
  readonly #options: AdoptionDeskOptions;
  readonly #served = new Map<string, AdoptedSequence>();
  /** Acts of one process follow each other: two operators at once would only confuse each other. */
  #acts: Promise<unknown> = Promise.resolve();

  constructor(options: AdoptionDeskOptions) {
    this.#options = options;
    options.book.onChange = (sequence) => this.#look(sequence);
  }

  /** After the book is complete: goes on with what was under way. */
  start(): void {
    for (const sequence of this.#options.book.state.newest.keys()) this.#look(sequence);
    for (const { adoption } of this.#served.values()) {
      if (adoption.state !== 'reserved') continue;
      this.#inTurn(() => this.#finish(adoption)).catch((error) => this.#options.onProblem(error, 'a cut-over is not finished'));
    }
  }

  /** Undefined where the ledger has it, or nobody. */
  adoptionOf(sequence: string): Adoption | undefined {
    return this.#served.get(sequence)?.adoption;
  }

  /** What to say of a sequence that nobody knows because it was abandoned. */
  wentBack(sequence: string): SequenceError | undefined {
    const adoption = this.#options.book.state.newest.get(sequence);
    return adoption?.state === 'abandoned' ? abandoned(adoption) : undefined;
  }

  active(): readonly Adoption[] {
    return [...this.#served.values()].map(({ adoption }) => adoption);
  }

  /** Values out of the counter; undefined once the sequence goes on by itself, or is left. */
  take(sequence: string, count: number): readonly ValueRun[] | Promise<readonly ValueRun[] | undefined> {
    const served = this.#served.get(sequence);
    if (served === undefined) return Promise.resolve(undefined);
    if (served.leaving !== undefined) return this.#afterCutOver(served);
    const taken = served.stock.take(count);
    if (!(taken instanceof Promise)) return taken;
    return taken.catch((error: unknown) => {
      const { state } = served.adoption;
      // Who waited when it was cut over got nothing yet: the sequence itself has what it wants.
      if (state === 'reserved' || state === 'committed') return this.#afterCutOver(served);
      throw error;
    });
  }

  stockOf(adoption: Adoption): readonly ValueRun[] {
    const served = this.#served.get(adoption.sequence);
    return served?.adoption === adoption ? served.stock.atHand : [];
  }

  adopt(sequence: string, from: string): Promise<AdoptionView> {
    return this.#inTurn(async () => {
      checkName('sequence', sequence);
      this.#mustBeFree(sequence);
      const { book, openCounter } = this.#options;
      const counter = await openCounter(from);
      // What was wrong with it is said by now; each process opens it for itself when it draws.
      await counter.close();
      const { generator, increment, min, max } = counter;
      const said = { sequence, event: 'adopted', adoption: -1, source: from, generator, increment, min, max } as const;
      const { offset, verdict } = await book.say(said);
      if (verdict !== 'accepted') throw refused(sequence, verdict);
      return this.#view(book.state.adoptions.get(offset) as Adoption);
    });
  }

  list(): readonly AdoptionView[] {
    return [...this.#options.book.state.adoptions.values()].map((adoption) => this.#view(adoption));
  }

  commit(sequence: string, values?: number): Promise<AdoptionView> {
    return this.#inTurn(async () => {
      const served = this.#underWay(sequence);
      const { adoption } = served;
      if (adoption.state === 'drawing') {
        // What the sequence goes on with is moved past first: until that is in the log, values go on coming out of the counter.
        const reserved = await (await served.counter()).reserve(values);
        await this.#say(adoption, 'reserved', [reserved]);
      }
      await served.leaving;
      return await this.#finish(adoption);
    });
  }

  abandon(sequence: string): Promise<AdoptionView> {
    return this.#inTurn(async () => {
      const served = this.#underWay(sequence);
      await this.#say(served.adoption, 'abandoned');
      await served.leaving;
      return this.#view(served.adoption);
    });
  }

  async close(): Promise<void> {
    const draining = new SequenceError('SEQ_NOT_READY', 'the process is draining: it takes nothing new in');
    for (const served of this.#served.values()) {
      await served.leave(draining);
      await served.end();
    }
  }

  async #finish(adoption: Adoption): Promise<AdoptionView> {
    const { sequence, increment, reserved } = adoption;
    const { first, count } = reserved as ValueRun;
    const last = first + BigInt(count - 1) * increment;
    const [min, max] = increment > 0n ? [first, last] : [last, first];
    // The same again changes nothing, whoever comes first: another process, or this one after a crash.
    await this.#options.service.create(sequence, { start: first, increment, min, max });
    const { verdict } = await this.#options.book.say({ sequence, event: 'committed', adoption: adoption.id });
    if (verdict !== 'accepted' && adoption.state !== 'committed') throw refused(sequence, verdict);
    return this.#view(adoption);
  }

  async #say(adoption: Adoption, event: 'reserved' | 'abandoned', runs: readonly ValueRun[] = []): Promise<void> {
    const { sequence, id } = adoption;
    const { verdict } = await this.#options.book.say({ sequence, event, adoption: id, runs });
    if (verdict !== 'accepted') throw refused(sequence, verdict);
  }

  /** Acts on what the log says of a sequence now, whichever process said it. */
  #look(sequence: string): void {
    const adoption = this.#options.book.state.newest.get(sequence);
    const served = this.#served.get(sequence);
    if (adoption === undefined) return;
    if (served?.adoption !== adoption) {
      if (isUnderWay(adoption)) this.#served.set(sequence, new AdoptedSequence(adoption, this.#options));
      return;
    }
    if (adoption.state === 'drawing') return;
    // What is at hand is not given out any more: behind the cut-over, values of the ledger are.
    served.leaving ??= served.leave(adoption.state === 'abandoned' ? abandoned(adoption) : cutOver(sequence));
    if (adoption.state === 'abandoned') {
      this.#served.delete(sequence);
      void served.leaving.then(() => served.end());
    }
    if (adoption.state === 'committed') void this.#pass(served);
  }

  /** The ledger has it from now on, as soon as this process has read so. */
  async #pass(served: AdoptedSequence): Promise<void> {
    const { sequence } = served.adoption;
    const { monotonicMs, pause } = this.#options;
    const untilMs = monotonicMs() + KNOWN_MS_MAX;
    while (monotonicMs() < untilMs && !this.#isInLedger(sequence)) await pause(KNOWN_EVERY_MS);
    if (this.#served.get(sequence) === served) this.#served.delete(sequence);
    await served.end();
  }

  async #afterCutOver(served: AdoptedSequence): Promise<undefined> {
    const late = this.#options.pause(CUT_OVER_MS_MAX).then(() => 'late' as const);
    if ((await Promise.race([served.over, late])) === 'late') throw cutOver(served.adoption.sequence);
    return undefined;
  }

  #mustBeFree(sequence: string): void {
    if (this.#served.has(sequence)) throw refused(sequence, 'adopted-already');
    if (!this.#isInLedger(sequence)) return;
    const message = `sequence ${sequence} exists already and gives out values of its own: adopt under another name`;
    throw new SequenceError('SEQ_SEQUENCE_EXISTS', message, { sequence });
  }

  #isInLedger(sequence: string): boolean {
    try {
      this.#options.service.describe(sequence);
      return true;
    } catch {
      return false;
    }
  }

  #underWay(sequence: string): AdoptedSequence {
    const served = this.#served.get(sequence);
    if (served !== undefined && isUnderWay(served.adoption)) return served;
    const before = this.#options.book.state.newest.get(sequence);
    const what = before === undefined ? 'was never adopted' : `is ${before.state} already`;
    throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `sequence ${sequence} ${what}`, { sequence });
  }

  #view(adoption: Adoption): AdoptionView {
    return adoptionView(adoption, totalOf(this.stockOf(adoption)));
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const acted = this.#acts.then(act);
    this.#acts = acted.catch(() => undefined);
    return acted;
  }
}
