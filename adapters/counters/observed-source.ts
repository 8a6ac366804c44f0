/**
 * A generator of somebody else's that is looked at and never touched: a sequence, a counter, a step table. Whatever it is, each reading
 * says how many values it has given out so far; the demand is what lies between two readings.
 */
import { SequenceError } from '../../core/errors.ts';
import { within } from '../engines/engine-calls.ts';

/** How a generator numbers: what one needs to know to go on in its place. */
export interface Numbering {
  /** The last value that anybody may have been given by now, blocks that its users fetched ahead included. */
  readonly last: bigint;
  readonly increment: bigint;
  /** Absent where it has no bound of its own. */
  readonly min?: bigint;
  readonly max?: bigint;
  readonly cycle: boolean;
}

export interface Reading {
  /** Values given out, from where the generator began to count. */
  readonly position: bigint;
  /** Positions compare within one life only: a generator that was altered, or lost what it knew, begins another. */
  readonly life: string;
  /** A generator that cycles begins again after so many values. */
  readonly period?: bigint;
  /** Values that one of its users fetches at a time. */
  readonly block: number;
  /** The position moves by so many values at a time: what was asked for in between is hidden. */
  readonly resolution: number;
  /** Absent where it cannot be told. */
  readonly numbering?: Numbering;
}

export interface ObservedSource {
  /** For messages: what is read and where, without user and password. */
  readonly shown: string;
  /** Throws where it does not answer, or no longer as it did; a later call may find it back. */
  read(): Promise<Reading>;
  close(): Promise<void>;
}

/** Longer than any healthy handshake, shorter than an operator's patience. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** A reading is one look at one row: what takes longer than this is away. */
const READ_TIMEOUT_MS = 3_000;
/** A farewell that is not answered within this time is given up. */
export const CLOSE_TIMEOUT_MS = 1_000;

export interface KeptSession<S> {
  use<T>(work: (session: S) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Uses one session for all readings; one that failed is dropped, and the next reading opens another. */
export function keptSession<S extends { close(): Promise<void> }>(open: () => Promise<S>): KeptSession<S> {
  let session: S | undefined;

  async function close(): Promise<void> {
    const ended = session;
    session = undefined;
    await ended?.close();
  }

  return {
    async use(work) {
      session ??= await open();
      try {
        return await within(READ_TIMEOUT_MS, work(session));
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}

/** A generator's number, as text because it may have more digits than a number of JavaScript. */
export function positionOf(text: unknown, what: string): bigint {
  if (typeof text === 'string' && /^-?\d+$/.test(text)) return BigInt(text);
  throw misnamed(`${what} is ${text === null ? 'empty' : JSON.stringify(text)}, which is no whole number`);
}

/** As many values as go in a block; a step that nobody has set is 1. */
export function blockOf(text: unknown): number {
  const block = Number(text ?? 1);
  return Number.isSafeInteger(block) && block >= 1 ? block : 1;
}

/** What the URL names is not there, or is not what it is taken for. */
export function misnamed(message: string): SequenceError {
  return new SequenceError('SEQ_CONFIG_INVALID', message);
}
