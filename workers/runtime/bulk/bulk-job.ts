/**
 * The handler of bulk jobs. Takes the values block by block, each written down before the next is taken; then writes the file, records the
 * issue in the archive, and remembers that it ended. Run again after any of these steps it goes on with the next one.
 */
import type { BulkFiles, ValueRun } from '../../../adapters/duckdb/bulk-files.ts';
import { SequenceError } from '../../../core/errors.ts';
import { printingOf } from '../../../core/format/printed-form.ts';
import type { BurnCost } from '../../../core/sequence.ts';
import type { Taken } from '../../../core/stock/take.ts';
import { type Archive, FinalFailure, type Job, type JobHandler } from '../../../pipelines/ports.ts';
import { type BulkFormat, type BulkOrder, type IssueOrder, issueOrder, stampOrder, targetOf } from './bulk-order.ts';
import { type Begun, Checkpoint } from './checkpoint.ts';
import { issueBatches } from './issue-rows.ts';
import type { Sent, TopicTarget, TopicWrite } from './topic-target.ts';
import { valueRuns } from './value-runs.ts';
import type { ValueSource } from './value-source.ts';

/** What a crash burns at most; writing a block down costs a few milliseconds. */
const BLOCK_VALUES = 1_000_000;
/**
 * Blocks that are ordered ahead. A crash of the process loses its stock with it: where values cost nothing the whole job is one order, where
 * they are dear a crash burns no more than the block in hand.
 */
const BLOCKS_AHEAD = { none: Number.POSITIVE_INFINITY, low: 4, high: 0 } as const satisfies Record<BurnCost, number>;
/** Share of the work that taking is; writing is the rest. */
const TAKING_SHARE = 0.2;
/** A line of a file, or a record of a table, for each: more runs than this are a sequence in very small pieces. */
const RUNS_MAX = 10_000;

export interface BulkJobOptions {
  readonly files: BulkFiles;
  readonly source: ValueSource;
  /** Left out where there is no Kafka. */
  readonly topics?: TopicTarget | undefined;
  readonly archive: Archive | undefined;
  readonly nowMs: () => number;
  readonly isStopping: () => boolean;
  /** A test takes smaller ones. */
  readonly blockValues?: number;
}

export interface BulkResult {
  readonly kind: BulkOrder['kind'];
  readonly sequence: string;
  readonly stream: string;
  readonly file: string;
  readonly format: string;
  readonly count: number;
  readonly ranges: number;
  readonly first: string;
  readonly last: string;
  readonly bytes: number;
}

/** The codes that another attempt would only meet again. */
const FINAL_CODES: readonly string[] = [
  'SEQ_INVALID_REQUEST',
  'SEQ_INVALID_COUNT',
  'SEQ_INVALID_NAME',
  'SEQ_UNKNOWN_SEQUENCE',
  'SEQ_UNSUPPORTED',
  'SEQ_DROPPED',
  'SEQ_EXHAUSTED',
  'SEQ_CONFLICT',
  'SEQ_DATA_CORRUPT',
  'SEQ_TOPIC_FORBIDDEN',
];

export function bulkJob(options: BulkJobOptions): JobHandler {
  return async (job, onProgress) => {
    try {
      const checkpoint = await Checkpoint.open(options.files.root, job.id);
      if (checkpoint.ended !== undefined) return checkpoint.ended;
      return await new BulkRun(options, job, checkpoint, onProgress).run();
    } catch (error) {
      throw failureOf(error);
    }
  };
}

class BulkRun {
  readonly #options: BulkJobOptions;
  readonly #job: Job;
  readonly #order: BulkOrder;
  readonly #checkpoint: Checkpoint;
  readonly #onProgress: (share: number) => void;
  /** Taken in this life of the process: what can still be given back. */
  readonly #held: Taken[] = [];

  constructor(options: BulkJobOptions, job: Job, checkpoint: Checkpoint, onProgress: (share: number) => void) {
    this.#options = options;
    this.#job = job;
    this.#order = orderOf(job);
    this.#checkpoint = checkpoint;
    this.#onProgress = onProgress;
  }

  async run(): Promise<BulkResult> {
    const begun = this.#checkpoint.begun ?? (await this.#begin());
    const { runs, bytes } = await this.#make(begun);
    const { sequence, format, kind } = this.#order;
    const file = targetOf(this.#order);
    const stream = this.#options.source.streamOf(this.#order);
    const [first, last] = [runs[0], runs.at(-1)];
    const result: BulkResult = {
      ...{ kind, sequence, stream, file, format, count: begun.count, ranges: runs.length },
      first: String(first?.start ?? ''),
      last: String(last === undefined ? '' : last.start + BigInt(last.count - 1) * last.increment),
      bytes,
    };
    for (const batch of issueBatches({ job: this.#job.id, order: this.#order, begun, stream, runs }))
      await this.#options.archive?.append(batch);
    await this.#checkpoint.end(result);
    this.#onProgress(1);
    return result;
  }

  /** Takes the values and writes the file; a failure that is final leaves neither. */
  async #make(begun: Begun): Promise<{ readonly runs: readonly ValueRun[]; readonly bytes: number }> {
    const { sequence, file } = this.#order;
    const { source, files } = this.#options;
    try {
      await this.#take(begun);
      this.#onProgress(TAKING_SHARE);
      const definition = source.definitionOf(sequence, begun.generation);
      if (definition === undefined)
        throw new SequenceError('SEQ_DROPPED', `sequence ${sequence} was dropped while the job ran`, { sequence });
      const runs = valueRuns(definition, this.#checkpoint.runs);
      if (runs.length > RUNS_MAX)
        throw invalid(`the values lie in ${runs.length} ranges, more than the ${RUNS_MAX} that one file may have`);
      const printing = printingOf(definition);
      const print = printing === undefined ? undefined : (value: bigint) => printing.write(value);
      return { runs, bytes: await this.#write(begun, runs, print) };
    } catch (error) {
      const isFinal = error instanceof SequenceError && FINAL_CODES.includes(error.code);
      const isUnwritten = this.#topic === '' ? (await files.sizeOf(file)) === undefined : this.#checkpoint.sent?.records === 0;
      if (isFinal && isUnwritten) await this.#abandon(error, begun);
      throw error;
    }
  }

  /** Everything that can be refused is refused before the first value is taken. */
  async #begin(): Promise<Begun> {
    const { files, source, nowMs } = this.#options;
    const order = this.#order;
    if (this.#topic === '' && (await files.sizeOf(order.file)) !== undefined)
      throw invalid(`${order.file} exists already: nothing is written over`);
    const generation = source.generation(order.sequence);
    const input = order.kind === 'stamp' ? await files.look(order.input) : undefined;
    if (order.kind === 'stamp' && input !== undefined) checkInput(order.input, order.column, input);
    const count = order.kind === 'issue' ? order.count : (input?.rows ?? 0);
    if (count > generation.capacity)
      throw new SequenceError('SEQ_EXHAUSTED', `sequence ${order.sequence} has ${generation.capacity} values, the job asks for ${count}`);
    const begun: Begun = { generation: generation.id, count, atMs: nowMs(), ...(input !== undefined && { input }) };
    const sent = this.#topic === '' ? undefined : await this.#topics().begin(this.#topic);
    await this.#checkpoint.begin(begun);
    if (sent !== undefined) await this.#checkpoint.addSent(sent);
    return begun;
  }

  async #take(begun: Begun): Promise<void> {
    const { source, isStopping, blockValues = BLOCK_VALUES } = this.#options;
    try {
      while (this.#checkpoint.taken < begun.count) {
        if (isStopping()) throw stopping();
        const { id, definition } = source.generation(this.#order.sequence);
        if (id !== begun.generation) throw this.#changed();
        const left = begun.count - this.#checkpoint.taken;
        const size = Math.min(left, blockValues);
        const later = Math.min(left - size, blockValues * BLOCKS_AHEAD[definition.burnCost]);
        const taken = await source.take(this.#order, size, later);
        this.#held.push(...taken);
        if (taken.some((each) => each.generation !== begun.generation)) throw this.#changed();
        await this.#checkpoint.add(taken);
        this.#onProgress((TAKING_SHARE * this.#checkpoint.taken) / begun.count);
      }
    } finally {
      endQuietly(() => source.end(this.#order));
    }
  }

  #write(begun: Begun, runs: readonly ValueRun[], print: ((value: bigint) => string) | undefined): Promise<number> {
    const { files, isStopping } = this.#options;
    const order = this.#order;
    const onShare = (share: number): void => this.#onProgress(TAKING_SHARE + (1 - TAKING_SHARE) * share);
    if (order.kind === 'issue' && order.topic !== '') return this.#send(order, { runs, print, onShare });
    return this.#unlessWritten(async () => {
      if (isStopping()) throw stopping();
      const what = { file: order.file, runs, print, isStopping, onShare };
      if (order.kind === 'issue') return await files.write({ ...what, format: order.format as BulkFormat });
      if (begun.input === undefined) throw invalid(`what was seen of ${order.input} is not known`);
      return await files.stamp({ ...what, input: order.input, seen: begun.input, column: order.column });
    });
  }

  async #send(order: IssueOrder, what: Pick<TopicWrite, 'runs' | 'print' | 'onShare'>): Promise<number> {
    const topics = this.#topics();
    // Killed between its first two lines: it has sent nothing yet.
    const sent = this.#checkpoint.sent ?? (await topics.begin(order.topic));
    const remember = (reached: Sent): Promise<void> => this.#checkpoint.addSent(reached);
    return await topics.write({ ...what, job: this.#job.id, order, sent, remember, ...this.#watch() });
  }

  #watch(): Pick<TopicWrite, 'mustBeOurs' | 'isStopping'> {
    return { mustBeOurs: () => this.#checkpoint.mustBeOurs(), isStopping: this.#options.isStopping };
  }

  get #topic(): string {
    return this.#order.kind === 'issue' ? this.#order.topic : '';
  }

  #topics(): TopicTarget {
    const { topics } = this.#options;
    if (topics !== undefined) return topics;
    throw new SequenceError('SEQ_UNSUPPORTED', 'values go into a topic where Kafka is the log');
  }

  /** The name was free when the job began: a file that is there now was finished by an earlier run, whole. */
  async #unlessWritten(write: () => Promise<number>): Promise<number> {
    const size = await this.#options.files.sizeOf(this.#order.file);
    return size ?? (await write());
  }

  /** The job ends without a file: forgotten first, so that no later run uses what goes back now. */
  async #abandon(error: SequenceError, { count }: Begun): Promise<never> {
    const { taken } = this.#checkpoint;
    await this.#checkpoint.remove();
    let back = 0;
    for (const each of this.#held) back += await this.#options.source.giveBack(this.#order, each);
    const burnt = Math.max(
      0,
      Math.max(
        taken,
        this.#held.reduce((sum, each) => sum + each.count, 0),
      ) - back,
    );
    const rest = burnt === 0 ? '' : `, ${burnt} stay taken and are burnt`;
    const after = taken === 0 ? 'nothing was taken' : `of ${taken} values that were taken ${back} were given back${rest}`;
    throw new SequenceError(
      error.code,
      `${error.message}; the job asked for ${count} values: no file was written, ${after}`,
      error.details,
    );
  }

  #changed(): SequenceError {
    const { sequence } = this.#order;
    return new SequenceError('SEQ_CONFLICT', `sequence ${sequence} was restarted, altered or reset while the job took values`, {
      sequence,
    });
  }
}

function stopping(): SequenceError {
  return new SequenceError('SEQ_CLOSED', 'the process ends; the job goes on in the next one');
}

function orderOf({ name, data }: Job): BulkOrder {
  return name === 'stamp' ? stampOrder(data as BulkOrder & { kind: 'stamp' }) : issueOrder(data as BulkOrder & { kind: 'issue' });
}

function checkInput(name: string, column: string, { rows, columns }: { readonly rows: number; readonly columns: readonly string[] }): void {
  if (rows === 0) throw invalid(`${name} has no rows`);
  const taken = columns.find((each) => each.toLowerCase() === column.toLowerCase());
  if (taken !== undefined) throw invalid(`${name} has a column ${taken} already: name the new one otherwise`);
}

/** A dropped sequence has no stream left to say anything of. */
function endQuietly(end: () => void): void {
  try {
    end();
  } catch {
    return;
  }
}

/** As the job shows it: with its code, because a queue keeps the text only. */
function failureOf(error: unknown): unknown {
  if (!(error instanceof SequenceError)) return error;
  const text = `${error.code}: ${error.message}`;
  return FINAL_CODES.includes(error.code) ? new FinalFailure(text, { cause: error }) : new Error(text, { cause: error });
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}
