/**
 * The log of adoptions, followed: what this process and every other one agreed on. What is appended counts only once it was read back, and as
 * the fold judges it.
 */
import { type AdoptionsState, type AdoptionVerdict, foldAdoption, noAdoptions } from '../../../pipelines/adoptions.ts';
import type { EventLog, LogEntry, Subscription } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import type { AdoptionEvent } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { readable } from '../ledger/dead-letters.ts';

const READ_LIMIT = 1_024;
const TOPIC = TOPICS.adoptions;

export interface AdoptionBookOptions {
  readonly log: EventLog;
  readonly nowMs: () => number;
  readonly life: string;
  readonly onFailure: (error: unknown) => void;
}

/** What a log that nobody appends to says of adoptions. */
export async function adoptionsIn(log: EventLog): Promise<AdoptionsState> {
  const state = noAdoptions();
  for await (const entries of kept(log)) for (const entry of entries) foldEntry(state, entry);
  return state;
}

/** What is said of an adoption; the rest follows from who says it, and when. */
export type Said = Pick<AdoptionEvent, 'sequence' | 'event' | 'adoption'> &
  Partial<Pick<AdoptionEvent, 'source' | 'generator' | 'increment' | 'min' | 'max' | 'runs' | 'atHand'>>;

export class AdoptionBook {
  readonly state: AdoptionsState = noAdoptions();
  /** Name of this life of the process. */
  readonly life: string;
  readonly #options: AdoptionBookOptions;
  readonly #verdicts = new Map<number, (verdict: AdoptionVerdict) => void>();
  /** Of records that were read back before their append was answered. */
  readonly #early = new Map<number, AdoptionVerdict>();
  #appending = 0;
  #nextOffset = 0;
  #subscription: Subscription | undefined;
  /** Hears of every sequence that something was said of, once the book is complete. */
  onChange: (sequence: string) => void = () => undefined;

  constructor(options: AdoptionBookOptions) {
    this.#options = options;
    this.life = options.life;
  }

  /** Reads everything that is kept, then follows: what is not in the book afterwards was not said before. */
  async start(): Promise<void> {
    const { log, onFailure } = this.#options;
    for await (const entries of kept(log)) this.#fold(entries);
    const handler = (entries: readonly LogEntry[]): void => {
      for (const sequence of this.#fold(entries)) this.onChange(sequence);
    };
    this.#subscription = log.subscribe({ topic: TOPIC.name, partition: 0, from: this.#nextOffset, handler, onError: onFailure });
  }

  /** Resolves when the record was read back, with its offset and how the fold judged it. */
  async say(said: Said): Promise<{ readonly offset: number; readonly verdict: AdoptionVerdict }> {
    const { log, nowMs, life } = this.#options;
    const nothing = { source: '', generator: '', increment: 0n, min: 0n, max: 0n, runs: [], atHand: 0 };
    const record = encode({ kind: 'AdoptionEvent', ...nothing, ...said, life, atMs: nowMs() });
    this.#appending++;
    try {
      const offset = await log.append({ topic: TOPIC.name, partition: 0, records: [record] });
      const early = this.#early.get(offset);
      if (early !== undefined) return { offset, verdict: early };
      return { offset, verdict: await new Promise<AdoptionVerdict>((resolve) => this.#verdicts.set(offset, resolve)) };
    } finally {
      if (--this.#appending === 0) this.#early.clear();
    }
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }

  #fold(entries: readonly LogEntry[]): ReadonlySet<string> {
    const touched = new Set<string>();
    for (const entry of entries) {
      const folded = foldEntry(this.state, entry);
      this.#nextOffset = entry.offset + 1;
      if (folded === undefined) continue;
      touched.add(folded.sequence);
      const told = this.#verdicts.get(entry.offset);
      this.#verdicts.delete(entry.offset);
      if (told !== undefined) told(folded.verdict);
      else if (this.#appending > 0) this.#early.set(entry.offset, folded.verdict);
    }
    return touched;
  }
}

async function* kept(log: EventLog): AsyncGenerator<readonly LogEntry[]> {
  for (let from = await log.startOffset(TOPIC.name, 0); ; ) {
    const entries = await log.read(TOPIC.name, 0, from, READ_LIMIT);
    const last = entries.at(-1);
    if (last === undefined) return;
    yield entries;
    from = last.offset + 1;
  }
}

/** Undefined for what cannot be read: every reader skips it alike. */
function foldEntry(state: AdoptionsState, entry: LogEntry): { readonly sequence: string; readonly verdict: AdoptionVerdict } | undefined {
  const [message] = readable(TOPIC, [entry], () => undefined);
  if (message?.kind !== 'AdoptionEvent') return undefined;
  return { sequence: message.sequence, verdict: foldAdoption(state, entry.offset, message) };
}
