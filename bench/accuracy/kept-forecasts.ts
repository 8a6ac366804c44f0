/**
 * Forecasts kept in a folder between runs of the accuracy bench, so that a run that was broken off goes on, and a mixture is judged
 * again in seconds. Kept under what they depend on: the bytes of the data, the origins, the grid, the model and its seed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ForecastTable } from '../../backtest/accuracy/forecast-table.ts';
import type { AccuracyTask } from '../../backtest/accuracy/task.ts';

interface Header extends Omit<ForecastTable, 'quantiles'> {
  readonly lengths: readonly number[];
}

export class KeptForecasts {
  readonly #directory: string;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
  }

  find(task: AccuracyTask, name: string, seed: number): ForecastTable | undefined {
    const path = this.#pathOf(task, name, seed);
    if (!existsSync(path)) return undefined;
    const bytes = readFileSync(path);
    const end = bytes.indexOf('\n');
    const { lengths, ...header } = JSON.parse(bytes.subarray(0, end).toString()) as Header;
    const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset + end + 1, bytes.byteOffset + bytes.length));
    let from = 0;
    const quantiles = lengths.map((length) => {
      from += length;
      return numbers.subarray(from - length, from);
    });
    return { ...header, quantiles };
  }

  keep(task: AccuracyTask, name: string, seed: number, table: ForecastTable): void {
    const { quantiles, ...header } = table;
    const head = Buffer.from(`${JSON.stringify({ ...header, lengths: quantiles.map(({ length }) => length) })}\n`);
    const numbers = quantiles.map((each) => Buffer.from(each.buffer, each.byteOffset, each.byteLength));
    const path = this.#pathOf(task, name, seed);
    // Whole or not at all: a run may be broken off here too.
    writeFileSync(`${path}.part`, Buffer.concat([head, ...numbers]));
    renameSync(`${path}.part`, path);
  }

  #pathOf(task: AccuracyTask, name: string, seed: number): string {
    const { files, series, grid, seasonsBins } = task;
    const origins = series.map(({ history, origins: own }) => [history.key, own.length, own[0], own.at(-1)]);
    const digest = createHash('sha256')
      .update(JSON.stringify([files, origins, grid, seasonsBins]))
      .digest('hex');
    return join(this.#directory, `${task.name}-${name}-${seed}-${digest.slice(0, 12)}.forecasts`);
  }
}
