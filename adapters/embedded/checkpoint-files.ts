/**
 * What interrupted trainings go on from, one file a job: a line of JSON that people may read, the checksum of the bytes in it, then the
 * bytes. A file that is damaged counts as none: the training begins again, which costs time and nothing else.
 */
import { createHash } from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint, TrainingProgress } from '../../pipelines/model-ports.ts';
import { namesIn, putFile } from '../durable-files.ts';

/** Weights, moments of the optimiser and its random state: three times the largest model, and room. */
const CHECKPOINT_BYTES_MAX = 256 * 1024 * 1024;
/** Trainings that somebody may still resume; older ones were given up. */
const CHECKPOINTS_MAX = 16;
/** The line in front is a few hundred characters. */
const HEADER_BYTES_MAX = 4_096;
const ENDING = '.checkpoint';
const LINE_END = 0x0a;

interface Header {
  readonly job: string;
  readonly sha256: string;
  readonly progress: TrainingProgress;
}

export class CheckpointFiles {
  readonly #root: string;
  readonly #directory: string;

  constructor(root: string) {
    this.#root = root;
    this.#directory = join(root, 'checkpoints');
  }

  async save({ job, progress, bytes }: Checkpoint): Promise<void> {
    if (bytes.byteLength > CHECKPOINT_BYTES_MAX) throw new RangeError(`a checkpoint of ${bytes.byteLength} bytes is too large`);
    const header: Header = { job, sha256: sha256Of(bytes), progress };
    await putFile(this.#root, this.#fileOf(job), Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), bytes]));
    await this.#forgetOldest();
  }

  async load(job: string): Promise<Checkpoint | undefined> {
    const file = await readFile(this.#fileOf(job)).catch(unlessMissing);
    const end = file?.indexOf(LINE_END) ?? -1;
    if (file === undefined || end < 0) return undefined;
    const header = headerOf(file.subarray(0, end).toString('utf8'));
    const bytes = new Uint8Array(file.subarray(end + 1));
    if (header?.job !== job || header.sha256 !== sha256Of(bytes)) return undefined;
    return { job, progress: header.progress, bytes };
  }

  async list(): Promise<Omit<Checkpoint, 'bytes'>[]> {
    const listed: Omit<Checkpoint, 'bytes'>[] = [];
    for (const name of await this.#names()) {
      const header = headerOf(await firstLine(join(this.#directory, name)));
      if (header !== undefined) listed.push({ job: header.job, progress: header.progress });
    }
    return listed;
  }

  async drop(job: string): Promise<void> {
    await rm(this.#fileOf(job), { force: true });
  }

  async #forgetOldest(): Promise<void> {
    const names = await this.#names();
    if (names.length <= CHECKPOINTS_MAX) return;
    const ages = await Promise.all(
      names.map(async (name) => ({ name, atMs: (await stat(join(this.#directory, name)).catch(unlessMissing))?.mtimeMs ?? 0 })),
    );
    ages.sort((a, b) => a.atMs - b.atMs);
    for (const { name } of ages.slice(0, names.length - CHECKPOINTS_MAX)) await rm(join(this.#directory, name), { force: true });
  }

  async #names(): Promise<string[]> {
    return (await namesIn(this.#directory)).filter((name) => name.endsWith(ENDING));
  }

  /** A job's id may hold what a file's name cannot. */
  #fileOf(job: string): string {
    return join(this.#directory, `${createHash('sha256').update(job).digest('hex').slice(0, 32)}${ENDING}`);
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function headerOf(text: string): Header | undefined {
  try {
    const { job, sha256, progress } = JSON.parse(text) as Partial<Header>;
    if (typeof job !== 'string' || typeof sha256 !== 'string' || typeof progress !== 'object' || progress === null) return undefined;
    // JSON has no NaN: a loss that there is not yet comes back as null.
    return { job, sha256, progress: { ...progress, loss: progress.loss ?? NaN } };
  } catch {
    return undefined;
  }
}

async function firstLine(path: string): Promise<string> {
  const opened = await open(path, 'r').catch(unlessMissing);
  if (opened === undefined) return '';
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(HEADER_BYTES_MAX), 0, HEADER_BYTES_MAX, 0);
    return buffer.subarray(0, bytesRead).toString('utf8').split('\n', 1)[0] ?? '';
  } finally {
    await opened.close();
  }
}

/** Another process may have removed it in between. */
function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
