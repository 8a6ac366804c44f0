/** Ids that nobody is asked for: a clock, and what tells one process or one moment from another. Both are sound as long as the clock is. */
import { randomFillSync } from 'node:crypto';
import type { Peer } from './peer.ts';

const EPOCH_MS = Date.UTC(2020, 0, 1);
const SEQUENCE_BITS = 12n;
const WORKER_BITS = 10n;
const SEQUENCE_MAX = 4_095;
const WORKER = 1n;

/** 41 bits of milliseconds, 10 of the worker, 12 counted within the millisecond; one that is used up is waited out. */
export function snowflake(nowMs: () => number): () => bigint {
  let lastMs = 0;
  let counted = 0;
  let base = 0n;
  return () => {
    let ms = nowMs();
    // A clock that went back would repeat itself: the last time it told is kept to.
    if (ms <= lastMs) {
      ms = lastMs;
      counted++;
      if (counted > SEQUENCE_MAX) {
        while (ms <= lastMs) ms = nowMs();
        counted = 0;
      }
    } else {
      counted = 0;
    }
    if (ms !== lastMs) {
      lastMs = ms;
      base = (BigInt(ms - EPOCH_MS) << (WORKER_BITS + SEQUENCE_BITS)) | (WORKER << SEQUENCE_BITS);
    }
    return base | BigInt(counted);
  };
}

const RANDOM_BYTES = 4_096;
const TAIL_BYTES = 8;
const COUNTER_MAX = 0xfff;
/** A new millisecond begins below this, so that there is room to count. */
const COUNTER_START_MAX = 0x800;

/** RFC 9562: 48 bits of milliseconds, a counter of 12 within the millisecond, 62 of chance; as text. */
export function uuidV7(nowMs: () => number): () => string {
  const random = Buffer.alloc(RANDOM_BYTES);
  let at = RANDOM_BYTES;
  let lastMs = 0;
  let counter = 0;
  let head = '';
  return () => {
    if (at + TAIL_BYTES > RANDOM_BYTES) {
      randomFillSync(random);
      at = 0;
    }
    const ms = nowMs();
    counter++;
    // A counter that is full borrows from the next millisecond, as the RFC allows.
    if (ms > lastMs || counter > COUNTER_MAX) {
      lastMs = Math.max(ms, lastMs + 1);
      counter = random.readUInt16LE(at) % COUNTER_START_MAX;
      const hex = lastMs.toString(16).padStart(12, '0');
      head = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
    }
    const variant = ((random[at] ?? 0) & 0x3f) | 0x80;
    const tail = random.toString('hex', at + 1, at + TAIL_BYTES);
    at += TAIL_BYTES;
    return `${head}${counter.toString(16).padStart(3, '0')}-${variant.toString(16)}${tail.slice(0, 2)}-${tail.slice(2)}`;
  };
}

function clockPeer(words: Pick<Peer, 'name' | 'title' | 'how'>, make: (nowMs: () => number) => () => bigint | string): Peer {
  return {
    ...words,
    ...{ kind: 'in process', isOurs: false, needs: [], stockIs: 'nowhere' },
    prepare: async () => undefined,
    open: () => {
      const next = make(() => Date.now());
      return { next, idle: () => 0, close: async () => undefined };
    },
  };
}

export const SNOWFLAKE = clockPeer(
  { name: 'snowflake', title: 'Snowflake', how: 'own code: 41 bits of time, 10 of the worker, 12 counted; as bigint' },
  snowflake,
);

export const UUID_V7 = clockPeer(
  { name: 'uuid-v7', title: 'UUIDv7', how: 'own code after RFC 9562: time, a counter of 12 bits, chance; as text' },
  uuidV7,
);
