/** What a result was measured on, and when, for results that are kept. */
import { cpus, loadavg, totalmem } from 'node:os';

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  /** Of the last one, five and fifteen minutes. */
  readonly load: readonly number[];
  readonly node: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  const memoryGb = Math.round(totalmem() / 1_024 ** 3);
  return { cores: all.length, cpu: all[0]?.model ?? 'unknown', memoryGb, load: loadavg(), node: process.versions.node };
}

/** In UTC, as `2026-01-31`. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
