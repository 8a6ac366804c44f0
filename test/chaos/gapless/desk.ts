/**
 * Callers that reserve numbers and confirm, cancel or forget them, one call at a time each. A call whose answer was lost is made again with
 * the same key until it is answered, whichever life of the server that takes. What they ask and what they are told is written to the desk's
 * file before anybody acts on it.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Dice } from '../../../simulator/dice.ts';
import { nowMs } from '../clock.ts';
import type { ClientLine } from './checker/lines.ts';
import { type Answer, type Connection, LostAnswer } from './connection.ts';

export interface DeskOptions {
  readonly name: string;
  /** Where its file is written. */
  readonly directory: string;
  readonly callers: number;
  readonly connections: readonly Connection[];
  readonly sequences: readonly string[];
  readonly seed: number;
}

/** Most numbers are taken alone; some in a run, which may have to be put together from what others gave up. */
const COUNTS = [1, 1, 1, 1, 1, 2, 2, 3, 4, 6];
/** Nothing that is confirmed or cancelled expires before: longer than a campaign. */
const HELD_MS = 4 * 3_600_000;
/** What is forgotten, or ended late. */
const SHORT_MS_MIN = 1_000;
const SHORT_MS_MAX = 3_000;
const LATE_MS = 700;
const CANCELLED = 0.16;
const FORGOTTEN = 0.04;
const ENDED_LATE = 0.004;
const ASKED_AGAIN = 0.05;
/** An older key, of whichever year, is asked for once more. */
const OLD_KEY = 0.02;
const OLD_KEYS_MAX = 20;
const AGAIN_MS = 25;

interface Reservation {
  readonly key: string;
  readonly sequence: string;
  readonly count: number;
  readonly ttlMs: number;
}

/** A line with `at` still to come. */
type Untimed<T> = T extends { readonly at: number } ? Omit<T, 'at'> : never;

export class Desk {
  /** Generations of each sequence that answers have named. */
  readonly generations = new Map<string, Set<number>>();
  readonly #options: DeskOptions;
  readonly #file: number;
  readonly #running: Promise<void>[] = [];
  readonly #old: Reservation[][] = [];
  #isOver = false;
  #giveUpAtMs = Number.POSITIVE_INFINITY;
  reservations = 0;
  answers = 0;
  lost = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#file = openSync(join(options.directory, `${options.name}.jsonl`), 'w');
  }

  start(): void {
    const { callers, seed } = this.#options;
    for (let caller = 0; caller < callers; caller++) this.#running.push(this.#call(caller, new Dice(seed * 1_009 + caller)));
  }

  /** Everybody ends what is begun, and then asks for what it was told long ago once more. */
  async stop(withinMs: number): Promise<void> {
    this.#isOver = true;
    this.#giveUpAtMs = nowMs() + withinMs;
    await Promise.all(this.#running);
    await Promise.all(this.#old.map((keys, caller) => this.#askAll(caller, keys)));
    closeSync(this.#file);
  }

  async #call(caller: number, dice: Dice): Promise<void> {
    const { name, sequences } = this.#options;
    const old: Reservation[] = [];
    this.#old.push(old);
    for (let n = 0; !this.#isOver; n++) {
      const fate = dice.int(1_000) / 1_000;
      const isShort = fate < FORGOTTEN + ENDED_LATE;
      const ttlMs = isShort ? dice.between(SHORT_MS_MIN, SHORT_MS_MAX) : HELD_MS;
      const asked = { key: `${name}.${caller}.${n}`, sequence: dice.pick(sequences), count: dice.pick(COUNTS), ttlMs };
      const id = await this.#reserve(caller, asked);
      if (id === undefined) continue;
      this.reservations++;
      if (dice.chance(ASKED_AGAIN)) await this.#reserve(caller, asked);
      if (fate >= FORGOTTEN) {
        if (isShort) await pause(ttlMs + dice.between(-LATE_MS, LATE_MS));
        const what = !isShort && fate < FORGOTTEN + ENDED_LATE + CANCELLED ? 'cancel' : 'confirm';
        await this.#end(caller, what, asked, id);
        if (dice.chance(ASKED_AGAIN)) await this.#end(caller, what, asked, id);
      }
      const past = dice.pick(old);
      if (past !== undefined && dice.chance(OLD_KEY)) await this.#reserve(caller, past);
      if (old.length < OLD_KEYS_MAX) old.push(asked);
      else if (dice.chance(OLD_KEYS_MAX / (n + 1))) old[dice.int(OLD_KEYS_MAX)] = asked;
    }
  }

  async #askAll(caller: number, keys: readonly Reservation[]): Promise<void> {
    for (const asked of keys) await this.#reserve(caller, asked);
  }

  /** The reservation's id; undefined where it was refused for good, or nobody answered before the end. */
  async #reserve(caller: number, { key, sequence, count, ttlMs }: Reservation): Promise<string | undefined> {
    const line = { do: 'reserve', key, sequence, count, ttlMs } as const;
    const body = { count, ttlMs, owner: this.#options.name };
    const answer = await this.#insist(caller, { line, path: `/v1/sequences/${sequence}/reservations`, body, key });
    if (answer === undefined) return undefined;
    const { generation } = answer.body;
    const known = this.generations.get(sequence) ?? new Set<number>();
    this.generations.set(sequence, known.add(Number(generation)));
    return String(answer.body.id);
  }

  async #end(caller: number, what: 'confirm' | 'cancel', { key }: Reservation, id: string): Promise<void> {
    const by = `who asked for ${key}`;
    const body = what === 'cancel' ? { by, because: 'rolled back' } : { by };
    await this.#insist(caller, { line: { do: what, id }, path: `/v1/reservations/${id}/${what}`, body });
  }

  /** Asks until it is answered. */
  async #insist(
    caller: number,
    { line, path, body, key }: { readonly line: Untimed<ClientLine>; readonly path: string; readonly body: object; readonly key?: string },
  ): Promise<Answer | undefined> {
    const { connections } = this.#options;
    const about = key === undefined ? { id: 'id' in line ? line.id : '' } : { key };
    for (let tries = 0; nowMs() < this.#giveUpAtMs; tries++) {
      const connection = connections[(caller + tries) % connections.length] as Connection;
      await connection.up();
      this.#write(line);
      try {
        const answer = await connection.post(path, body, key);
        this.answers++;
        if (answer.status === 200 || answer.status === 201) {
          this.#write(toldLine(answer, key));
          return answer;
        }
        const { status } = answer;
        this.#write({ do: 'refused', ...about, status, code: String(answer.body.code) });
        if (status < 500 && status !== 429) return undefined;
      } catch (error) {
        if (!(error instanceof LostAnswer)) throw error;
        this.lost++;
        this.#write({ do: 'lost', ...about });
      }
      await pause(AGAIN_MS);
    }
    return undefined;
  }

  #write(line: Untimed<ClientLine>): void {
    writeSync(this.#file, `${JSON.stringify({ at: nowMs(), ...line })}\n`);
  }
}

function toldLine({ body }: Answer, key: string | undefined): Untimed<ClientLine> {
  const { id, generation, state, values, reservedAtMs, expiresAtMs } = body;
  return {
    do: 'got',
    ...(key !== undefined && { key }),
    id: String(id),
    generation: Number(generation),
    state: String(state),
    values: values as string[],
    from: Number(reservedAtMs),
    ...(expiresAtMs !== undefined && { until: Number(expiresAtMs) }),
  };
}
