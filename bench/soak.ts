/**
 * Twenty minutes of 5,000 requests a second, or of what the machine gives, at a gateway with everything on: its resident memory over the
 * last quarter against that of the quarter after the first minutes, in which it grows to its size.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { guardedGateway } from './guarded-gateway.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const MINUTES = 20;
/** Until its code is compiled and its histories are as long as they get at this rate. */
const WARM_MINUTES = 4;
const PER_SECOND = 5_000;
const LOOK_MS = 5_000;
const GROWTH_MAX = 0.05;
const MEGABYTE = 1_024;

interface Look {
  readonly atMs: number;
  readonly megabytes: number;
  readonly descriptors: number;
}

export async function run(): Promise<BenchResult> {
  const server = await guardedGateway();
  const looks: Look[] = [];
  const startMs = performance.now();
  const looking = setInterval(() => looks.push(look(server.pid, performance.now() - startMs)), LOOK_MS);
  try {
    const perSecond = await server.rate({ seconds: 60 * MINUTES, perSecond: PER_SECOND });
    const of = (fromMinute: number, untilMinute: number): Look[] =>
      looks.filter(({ atMs }) => atMs >= fromMinute * 60_000 && atMs < untilMinute * 60_000);
    const [early, late] = [of(WARM_MINUTES, WARM_MINUTES + MINUTES / 4), of(MINUTES - MINUTES / 4, MINUTES)];
    const [before, after] = [early, late].map((some) => median(some.map(({ megabytes }) => megabytes))) as [number, number];
    const descriptors = [early, late].map((some) => median(some.map((each) => each.descriptors))).join(' and then ');
    const ratio = after / before;
    return {
      name: 'soak',
      value: after,
      unit: `MB resident after ${MINUTES} minutes`,
      baseline: before,
      ratio,
      target: `within ${100 * GROWTH_MAX} %`,
      kept: Math.abs(ratio - 1) <= GROWTH_MAX,
      note: `${Math.round(perSecond).toLocaleString('en')} requests/s, each a value, with key, quota, metrics and spans; ${descriptors} open files`,
    };
  } finally {
    clearInterval(looking);
    await server.end();
  }
}

function look(pid: number, atMs: number): Look {
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return { atMs, megabytes: kilobytes / MEGABYTE, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}
