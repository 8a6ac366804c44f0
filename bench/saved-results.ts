/**
 * `seqcast bench NAME --save FILE`: results as they are kept, with what they were measured by and on. The file is written after each bench,
 * so that one that fails costs nobody else's figures. `docs/reference/benchmarks.md` shows bench/results/all.json, which has this form.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { VERSION } from '../core/version.ts';
import { commit } from './commit.ts';
import { type Machine, thisMachine, today } from './machine.ts';
import type { BenchResult } from './result.ts';

export interface SavedResults {
  readonly command: string;
  readonly commit: string;
  readonly version: string;
  readonly date: string;
  /** Its load is that before the first bench. */
  readonly machine: Machine;
  /** Benches that were not run, or failed, and why. */
  readonly leftOut: readonly string[];
  readonly results: readonly BenchResult[];
}

export class ResultsFile {
  readonly #path: string;
  readonly #head: Omit<SavedResults, 'results' | 'leftOut'>;
  readonly #leftOut: string[] = [];
  readonly #results: BenchResult[] = [];

  constructor(path: string, bench: string) {
    this.#path = path;
    this.#head = { command: `seqcast bench ${bench}`, commit: commit(), version: VERSION, date: today(), machine: thisMachine() };
  }

  add(results: readonly BenchResult[]): void {
    this.#results.push(...results);
    this.#write();
  }

  leaveOut(bench: string, why: string): void {
    this.#leftOut.push(`${bench}: ${why}`);
    this.#write();
  }

  #write(): void {
    const saved: SavedResults = { ...this.#head, leftOut: this.#leftOut, results: this.#results };
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, `${JSON.stringify(saved, null, 1)}\n`);
  }
}
