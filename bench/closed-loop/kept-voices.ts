/** What the LSTM said of each trace, kept in a folder between runs under the model's own digest: to say it again takes minutes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MinuteVoices } from '../../backtest/policies/minute-voices.ts';

export class KeptVoices {
  readonly #directory: string;
  readonly #digest: string;

  constructor(directory: string, model: Uint8Array) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.#digest = createHash('sha256').update(model).digest('hex').slice(0, 12);
  }

  /** The kept ones, or those made now. */
  async of(trace: string, make: () => Promise<MinuteVoices | undefined>): Promise<MinuteVoices | undefined> {
    const path = join(this.#directory, `closed-loop-${trace}-${this.#digest}.voices`);
    if (existsSync(path)) return decoded(readFileSync(path));
    const made = await make();
    if (made !== undefined) writeFileSync(path, encoded(made));
    return made;
  }
}

function encoded({ quantiles, ...head }: MinuteVoices): Uint8Array {
  const line = Buffer.from(`${JSON.stringify(head)}\n`);
  return Buffer.concat([line, Buffer.from(quantiles.buffer, quantiles.byteOffset, quantiles.byteLength)]);
}

function decoded(bytes: Uint8Array): MinuteVoices {
  const end = bytes.indexOf(0x0a);
  const head = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as Omit<MinuteVoices, 'quantiles'>;
  // A copy of its own: a view into the file's bytes would begin at any offset.
  return { ...head, quantiles: new Float32Array(Uint8Array.from(bytes.subarray(end + 1)).buffer) };
}
