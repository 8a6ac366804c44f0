/**
 * What a bulk job remembers on disk: how it began, every ordinal it took, how it ended. A line is durable before the next values are taken,
 * so that a job that goes on after a crash takes only what is missing; what was taken and not yet written down is lost with the crash, a
 * block at most.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BulkInput, bulkError } from '../../../adapters/duckdb/bulk-files.ts';
import { putFile, syncDirectory } from '../../../adapters/durable-files.ts';
import { SequenceError } from '../../../core/errors.ts';
import type { Sent } from './topic-target.ts';

const DIRECTORY = '.jobs';

/** Consecutive ordinals. */
export interface TakenRun {
  readonly start: number;
  readonly count: number;
}

export interface Begun {
  readonly generation: number;
  readonly count: number;
  readonly atMs: number;
  /** What is stamped, as it was looked at first. */
  readonly input?: BulkInput;
}

type Line =
  | { readonly begun: Begun }
  | { readonly taken: readonly (readonly [start: number, count: number])[] }
  | { readonly sent: Sent }
  /** A run of the job: what a former one has in hand is not its any more. */
  | { readonly run: string }
  | { readonly ended: unknown };

export class Checkpoint {
  readonly #root: string;
  readonly #path: string;
  readonly #job: string;
  #begun: Begun | undefined;
  readonly #runs: TakenRun[] = [];
  /** Size of the file as this run knows it: another size is another run's. */
  #bytes = 0;
  /** What is in the topic, where the values go into one. */
  sent: Sent | undefined;
  /** The result of a job that ended well. */
  ended: unknown;
  taken = 0;

  private constructor(root: string, job: string) {
    this.#root = root;
    this.#job = job;
    this.#path = join(root, DIRECTORY, `${encodeURIComponent(job)}.jsonl`);
  }

  /** Reads what there is; half a line at the end was never acknowledged and goes. */
  static async open(root: string, job: string): Promise<Checkpoint> {
    const checkpoint = new Checkpoint(root, job);
    await checkpoint.#guarded(() => checkpoint.#read());
    if (checkpoint.#begun !== undefined && checkpoint.ended === undefined) await checkpoint.#append({ run: randomUUID() });
    return checkpoint;
  }

  get begun(): Begun | undefined {
    return this.#begun;
  }

  /** In the order in which they were taken; neighbours are one. */
  get runs(): readonly TakenRun[] {
    return this.#runs;
  }

  async begin(begun: Begun): Promise<void> {
    const line = Buffer.from(`${JSON.stringify({ begun } satisfies Line)}\n`);
    await this.#guarded(() => putFile(this.#root, this.#path, line));
    this.#bytes = line.byteLength;
    this.#fold({ begun });
  }

  async add(taken: readonly TakenRun[]): Promise<void> {
    const joined: TakenRun[] = [];
    for (const run of taken) addRun(joined, run);
    await this.#append({ taken: joined.map(({ start, count }) => [start, count] as const) });
  }

  /** So many records are in the topic. */
  async addSent(sent: Sent): Promise<void> {
    await this.#append({ sent });
  }

  /** Throws `SEQ_FENCED` where another process has taken the job over. */
  async mustBeOurs(): Promise<void> {
    await this.#guarded(async () => this.#checkSize((await stat(this.#path)).size));
  }

  async end(result: unknown): Promise<void> {
    await this.#append({ ended: result });
  }

  /** Forgets everything, durably: only then may what was taken be given back. */
  async remove(): Promise<void> {
    await this.#guarded(async () => {
      await rm(this.#path, { force: true });
      await syncDirectory(dirname(this.#path));
    });
  }

  /** A run that was frozen while another one took the job over must not go on beside it. */
  #checkSize(bytes: number): void {
    if (bytes === this.#bytes) return;
    throw new SequenceError('SEQ_FENCED', `job ${this.#job} was taken over by another process, which goes on with it`);
  }

  async #append(line: Line): Promise<void> {
    await this.#guarded(async () => {
      const opened = await open(this.#path, 'a');
      try {
        this.#checkSize((await opened.stat()).size);
        this.#bytes += (await opened.write(`${JSON.stringify(line)}\n`)).bytesWritten;
        await opened.datasync();
      } finally {
        await opened.close();
      }
    });
    this.#fold(line);
  }

  async #read(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const bytes = await readFile(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const whole = bytes.lastIndexOf('\n') + 1;
    if (whole < bytes.length) await truncate(this.#path, whole);
    this.#bytes = whole;
    for (const text of bytes.subarray(0, whole).toString('utf8').split('\n')) if (text !== '') this.#fold(this.#parsed(text));
  }

  #parsed(text: string): Line {
    try {
      return JSON.parse(text) as Line;
    } catch (cause) {
      throw new SequenceError('SEQ_DATA_CORRUPT', `what job ${this.#job} remembers of itself is damaged: ${this.#path}`, {}, { cause });
    }
  }

  #fold(line: Line): void {
    if ('begun' in line) this.#begun = line.begun;
    else if ('ended' in line) this.ended = line.ended;
    else if ('sent' in line) this.sent = line.sent;
    else if ('taken' in line) this.#take(line.taken);
  }

  #take(runs: readonly (readonly [start: number, count: number])[]): void {
    for (const [start, count] of runs) {
      this.taken += count;
      addRun(this.#runs, { start, count });
    }
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw bulkError(cause, `job ${this.#job}`);
    }
  }
}

/** Neighbours are one. */
function addRun(runs: TakenRun[], { start, count }: TakenRun): void {
  const last = runs.at(-1);
  if (last !== undefined && last.start + last.count === start) runs[runs.length - 1] = { start: last.start, count: last.count + count };
  else runs.push({ start, count });
}
