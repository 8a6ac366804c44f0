/**
 * The audit log: one JSON line for each administrative act of this process, appended to a file that is rotated by size. Neither bodies nor
 * headers nor query strings are ever written: a line says who did what to which, and how it ended, and holds no secret.
 */
import { appendFile, mkdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface AuditEntry {
  readonly at: string;
  /** Name of the key; `loopback` or `insecure` where none was needed; `nobody` where none was accepted. */
  readonly who: string;
  readonly keyId?: string;
  /** Address of the other end of the connection: of the proxy, where there is one. */
  readonly from: string;
  /** Method and path as the API page writes it, and what its parameters were. */
  readonly act: string;
  readonly on: Readonly<Record<string, string>>;
  /** `done`, or the code of the refusal. */
  readonly outcome: string;
}

/** Some fifty thousand acts a file, and so many files are kept. */
const FILE_BYTES_MAX = 10 * 1024 * 1024;
const FILES_KEPT = 10;
const OWNER_ONLY = 0o600;

export interface AuditFileOptions {
  readonly path: string;
  readonly onProblem: (error: unknown) => void;
  readonly fileBytesMax?: number;
}

export class AuditFile {
  readonly #path: string;
  readonly #onProblem: (error: unknown) => void;
  readonly #bytesMax: number;
  /** Size of the newest file; unknown until it was looked at. */
  #bytes: number | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor({ path, onProblem, fileBytesMax = FILE_BYTES_MAX }: AuditFileOptions) {
    this.#path = path;
    this.#onProblem = onProblem;
    this.#bytesMax = fileBytesMax;
  }

  /** Resolves when the line is in the file. What cannot be written is told to the log: an act is done whether or not it could be noted. */
  note(entry: AuditEntry): Promise<void> {
    this.#turn = this.#turn.then(() => this.#append(`${JSON.stringify(entry)}\n`)).catch((error: unknown) => this.#onProblem(error));
    return this.#turn;
  }

  /** Newest first, out of the two newest files. */
  async newest(limit: number): Promise<readonly AuditEntry[]> {
    await this.#turn;
    const texts = await Promise.all([textOf(`${this.#path}.1`), textOf(this.#path)]);
    const lines = texts
      .join('')
      .split('\n')
      .filter((line) => line !== '');
    return lines.slice(-limit).reverse().flatMap(parsed);
  }

  async #append(line: string): Promise<void> {
    if (this.#bytes === undefined) {
      await mkdir(dirname(this.#path), { recursive: true });
      this.#bytes = await stat(this.#path).then(
        ({ size }) => size,
        () => 0,
      );
    }
    if (this.#bytes + Buffer.byteLength(line) > this.#bytesMax && this.#bytes > 0) await this.#rotate();
    await appendFile(this.#path, line, { mode: OWNER_ONLY });
    this.#bytes += Buffer.byteLength(line);
  }

  async #rotate(): Promise<void> {
    for (let at = FILES_KEPT - 1; at >= 1; at--) await moved(`${this.#path}.${at}`, `${this.#path}.${at + 1}`);
    await moved(this.#path, `${this.#path}.1`);
    this.#bytes = 0;
  }
}

async function moved(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

/** A process that was killed may have left half a line. */
function parsed(line: string): AuditEntry[] {
  try {
    return [JSON.parse(line) as AuditEntry];
  } catch {
    return [];
  }
}
