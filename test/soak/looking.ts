/** What processes take, as the system knows it, and how far workers are behind, as their metrics say. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { nowMs } from '../chaos/clock.ts';

export interface ProcessLook {
  readonly megabytes: number;
  readonly descriptors: number;
  /** Of one core. */
  readonly cpuShare: number;
  readonly ageSeconds: number;
  /** Records of Kafka that it has still to read; nothing where it reads none. */
  readonly lag?: number;
}

/** By name of the process; who is away is left out. */
export type Look = Readonly<Record<string, ProcessLook>>;

export interface Watched {
  readonly name: string;
  pid(): number | undefined;
  /** Where it serves metrics, where it does. */
  readonly url?: string;
}

const METRICS_TIMEOUT_MS = 2_000;
const LAG = /^seqcast_kafka_lag_records\{[^}]*\} (\d+)/gm;
const KILOBYTES = 1_024;
/** Of /proc, in which times are counted. */
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

interface Seen {
  readonly pid: number;
  readonly since: number;
  at: number;
  ticks: number;
}

export class Looking {
  readonly #watched: readonly Watched[];
  readonly #seen = new Map<string, Seen>();

  constructor(watched: readonly Watched[]) {
    this.#watched = watched;
  }

  async look(): Promise<Look> {
    const all = await Promise.all(this.#watched.map(async (each) => ({ name: each.name, found: await this.#one(each) })));
    return Object.fromEntries(all.flatMap(({ name, found }) => (found === undefined ? [] : [[name, found] as const])));
  }

  async #one({ name, pid: pidNow, url }: Watched): Promise<ProcessLook | undefined> {
    const pid = pidNow();
    if (pid === undefined) return undefined;
    const lag = url === undefined ? undefined : await lagAt(url);
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / KILOBYTES;
      const descriptors = readdirSync(`/proc/${pid}/fd`).length;
      const at = nowMs();
      const ticks = ticksOf(pid);
      const known = this.#seen.get(name);
      const before = known?.pid === pid ? known : { pid, since: at, at, ticks };
      const cpuShare = at === before.at ? 0 : ((ticks - before.ticks) / TICKS_PER_SECOND / (at - before.at)) * 1_000;
      this.#seen.set(name, { ...before, at, ticks });
      return { megabytes, descriptors, cpuShare, ageSeconds: (at - before.since) / 1_000, ...(lag !== undefined && { lag }) };
    } catch {
      // It ended between two lines.
      return undefined;
    }
  }
}

function ticksOf(pid: number): number {
  // The name, in brackets, may hold spaces; of what follows, the twelfth and thirteenth are time as user and as system.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function lagAt(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(METRICS_TIMEOUT_MS) });
    const lags = [...(await response.text()).matchAll(LAG)].map(([, lag]) => Number(lag));
    return lags.length === 0 ? undefined : lags.reduce((sum, lag) => sum + lag, 0);
  } catch {
    return undefined;
  }
}
