/** What a soak sees, minute by minute: answers and waits of each door, values and duplicates, and what each process takes. */
import { IssuedValues } from '../../cli/demo/issued-values.ts';
import { nowMs } from '../chaos/clock.ts';
import type { Taken } from './doors.ts';
import type { Look, ProcessLook } from './looking.ts';

export interface DoorMinute {
  readonly calls: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly highestMs: number;
}

export interface Minute {
  /** From 0 on. */
  readonly minute: number;
  readonly values: number;
  readonly doors: Readonly<Record<string, DoorMinute>>;
  readonly processes: Readonly<Record<string, ProcessLook>>;
}

const MINUTE_MS = 60_000;

export class Minutes {
  readonly all: Minute[] = [];
  readonly issued = new IssuedValues();
  calls = 0;
  #startMs = nowMs();
  #waits = new Map<string, number[]>();
  #looks: Look[] = [];
  #valuesBefore = 0;

  begin(): void {
    this.#startMs = nowMs();
  }

  answered({ door, dueAt, blocks }: { readonly door: string; readonly dueAt: number; readonly blocks: readonly Taken[] }): void {
    for (const { start, count } of blocks) this.issued.add(start, start + count);
    this.calls++;
    const waits = this.#waits.get(door);
    if (waits === undefined) this.#waits.set(door, [nowMs() - dueAt]);
    else waits.push(nowMs() - dueAt);
  }

  looked(look: Look): void {
    this.#looks.push(look);
    if (nowMs() >= this.#startMs + (this.all.length + 1) * MINUTE_MS) this.#close();
  }

  #close(): void {
    const { count } = this.issued;
    this.all.push({
      minute: this.all.length,
      values: count - this.#valuesBefore,
      doors: Object.fromEntries([...this.#waits].map(([door, waits]) => [door, doorMinute(waits)])),
      processes: processMinutes(this.#looks),
    });
    this.#valuesBefore = count;
    this.#waits = new Map();
    this.#looks = [];
  }
}

function doorMinute(waits: number[]): DoorMinute {
  waits.sort((a, b) => a - b);
  const at = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
  return { calls: waits.length, p50Ms: at(0.5), p99Ms: at(0.99), highestMs: waits.at(-1) ?? 0 };
}

/** The last look of a minute; of lag the median, as a single look sees records on their way. */
function processMinutes(looks: readonly Look[]): Record<string, ProcessLook> {
  const names = new Set(looks.flatMap((look) => Object.keys(look)));
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const own = looks.flatMap((look) => look[name] ?? []);
      const last = own.at(-1);
      if (last === undefined) return [];
      const lags = own.flatMap(({ lag }) => lag ?? []).sort((a, b) => a - b);
      const { lag: _, ...rest } = last;
      return [[name, { ...rest, ...(lags.length > 0 && { lag: lags[Math.floor(lags.length / 2)] ?? 0 }) }] as const];
    }),
  );
}
