/**
 * What every event log must do, whatever it is made of. Another adapter passes by handing over a harness; see `harness.ts`.
 * Topics are those of the design, so that an implementation may create them beforehand; partitions 0 and 1 are used.
 */
import { describe, expect, test } from 'vitest';
import type { EventLog, LogEntry, SubscribeOptions } from '../../pipelines/ports.ts';
import { acrossReopening, type Harness, pause, until, using } from './harness.ts';

const TOPIC = 'seqcast.consumption';
const OTHER_TOPIC = 'seqcast.forecasts';
const LEDGER = 'seqcast.shards';

export interface EventLogCapabilities {
  /** Cuts off old records by time. */
  readonly trims: boolean;
}

export function eventLogKit(harness: Harness<EventLog>, capabilities: EventLogCapabilities): void {
  describe('appending and reading', () => appending(harness));
  describe('subscribing', () => subscribing(harness));
  describe('offsets of groups', () => groups(harness));
  describe.runIf(capabilities.trims)('trimming', () => trimming(harness));
  describe('cutting', () => cutting(harness));
  describe.runIf(harness.reopen !== undefined)('opening again', () => reopening(harness));
}

function appending(harness: Harness<EventLog>): void {
  test('an empty partition begins and ends at 0 and reads as nothing', () =>
    using(harness, async (log) => {
      expect([await log.startOffset(TOPIC, 0), await log.endOffset(TOPIC, 0)]).toEqual([0, 0]);
      expect(await log.read(TOPIC, 0, 0, 10)).toEqual([]);
    }));

  test('offsets grow by one per partition, and partitions know nothing of each other', () =>
    using(harness, async (log) => {
      expect(await log.append({ topic: TOPIC, partition: 0, records: texts('a', 'b') })).toBe(0);
      expect(await log.append({ topic: TOPIC, partition: 1, records: texts('x') })).toBe(0);
      expect(await log.append({ topic: OTHER_TOPIC, partition: 0, records: texts('y') })).toBe(0);
      expect(await log.append({ topic: TOPIC, partition: 0, records: texts('c') })).toBe(2);
      expect(seen(await log.read(TOPIC, 0, 0, 10))).toEqual(['0:a', '1:b', '2:c']);
      expect(seen(await log.read(TOPIC, 1, 0, 10))).toEqual(['0:x']);
      expect([await log.startOffset(TOPIC, 0), await log.endOffset(TOPIC, 0)]).toEqual([0, 3]);
    }));

  test('records come back byte for byte, empty and large ones too', () =>
    using(harness, async (log) => {
      const every = Uint8Array.from({ length: 512 }, (_, index) => index & 255);
      const large = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) & 255);
      const records = [new Uint8Array(0), every, large, Uint8Array.of(0), Uint8Array.of(0xff, 0xfe, 0, 0xc3, 0x28)];
      await log.append({ topic: TOPIC, partition: 0, records });
      const entries = await log.read(TOPIC, 0, 0, 10);
      expect(entries.map((entry) => Buffer.from(entry.bytes).toString('hex'))).toEqual(
        records.map((each) => Buffer.from(each).toString('hex')),
      );
    }));

  test('a view into a larger buffer is appended as what it shows', () =>
    using(harness, async (log) => {
      const whole = Buffer.from('before|record|after');
      await log.append({ topic: TOPIC, partition: 0, records: [whole.subarray(7, 13)] });
      expect(seen(await log.read(TOPIC, 0, 0, 1))).toEqual(['0:record']);
    }));

  test('appends made at the same time keep their order and stay whole', () =>
    using(harness, async (log) => {
      const firsts = await Promise.all(
        Array.from({ length: 200 }, (_, index) => log.append({ topic: TOPIC, partition: 0, records: texts(`${index}a`, `${index}b`) })),
      );
      expect(firsts).toEqual(Array.from({ length: 200 }, (_, index) => 2 * index));
      const expected = Array.from({ length: 400 }, (_, offset) => `${offset}:${offset >>> 1}${offset % 2 === 0 ? 'a' : 'b'}`);
      expect(seen(await log.read(TOPIC, 0, 0, 1_000))).toEqual(expected);
    }));

  test('one append of many records is consecutive and can be read from any offset on', () =>
    using(harness, async (log) => {
      const records = Array.from({ length: 5_000 }, (_, index) => text(`record ${index} ${'.'.repeat(index % 90)}`));
      await log.append({ topic: TOPIC, partition: 0, records });
      for (const from of [0, 1, 1_023, 1_024, 3_333, 4_999]) {
        const entries = await log.read(TOPIC, 0, from, 1_500);
        expect(entries.map((entry) => entry.offset)).toEqual(
          Array.from({ length: Math.min(1_500, 5_000 - from) }, (_, index) => from + index),
        );
        expect(entries.every((entry) => show(entry.bytes).startsWith(`record ${entry.offset} `))).toBe(true);
      }
      expect(await log.read(TOPIC, 0, 5_000, 10)).toEqual([]);
    }));

  test('a limit is kept', () =>
    using(harness, async (log) => {
      await log.append({ topic: TOPIC, partition: 0, records: texts('a', 'b', 'c') });
      expect(seen(await log.read(TOPIC, 0, 1, 1))).toEqual(['1:b']);
      expect(await log.read(TOPIC, 0, 0, 0)).toEqual([]);
    }));

  test('the time of records is that of their append and never goes back', () =>
    using(harness, async (log) => {
      const before = Date.now();
      for (let index = 0; index < 5; index++) await log.append({ topic: TOPIC, partition: 0, records: texts('r') });
      const times = (await log.read(TOPIC, 0, 0, 10)).map((entry) => entry.atMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      // Another machine's clock may give the time: a minute is the same time here.
      expect(Math.abs((times[0] ?? 0) - before)).toBeLessThan(60_000);
    }));

  test('a closed log refuses', async () => {
    const log = await harness.open();
    await harness.close(log);
    await expect(log.append({ topic: TOPIC, partition: 0, records: texts('late') })).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    await expect(log.read(TOPIC, 0, 0, 1)).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
  });
}

function subscribing(harness: Harness<EventLog>): void {
  test('delivers what is there and then what follows, in order, without gap or copy', () =>
    using(harness, async (log) => {
      await log.append({ topic: TOPIC, partition: 0, records: numbered(0, 3_000) });
      const reader = subscriber(log, 0);
      let next = 3_000;
      while (next < 6_000) {
        await log.append({ topic: TOPIC, partition: 0, records: numbered(next, 50) });
        next += 50;
      }
      await until(() => reader.offsets.length >= 6_000);
      expect(reader.offsets).toEqual(Array.from({ length: 6_000 }, (_, index) => index));
      expect(reader.mismatches).toBe(0);
      await reader.close();
    }));

  test('waits for the handler before it delivers the next batch, and loses nothing meanwhile', () =>
    using(harness, async (log) => {
      let running = 0;
      let overlaps = 0;
      const reader = subscriber(log, 0, async () => {
        overlaps += running;
        running++;
        await pause(3);
        running--;
      });
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          await pause(index % 20);
          await log.append({ topic: TOPIC, partition: 0, records: texts('one', 'two') });
        }),
      );
      await until(() => reader.offsets.length >= 200);
      expect(reader.offsets).toEqual(Array.from({ length: 200 }, (_, index) => index));
      expect(overlaps).toBe(0);
      await reader.close();
    }));

  test('a subscriber far behind gets everything, more than memory would hold', () =>
    using(harness, async (log) => {
      const reader = subscriber(log, 0, () => pause(1));
      for (let next = 0; next < 20_000; next += 1_000) await log.append({ topic: TOPIC, partition: 0, records: numbered(next, 1_000) });
      await until(() => reader.offsets.length >= 20_000);
      expect(reader.offsets).toEqual(Array.from({ length: 20_000 }, (_, index) => index));
      expect(reader.mismatches).toBe(0);
      await reader.close();
    }));

  test('begins in the middle, or waits for an offset still to come', () =>
    using(harness, async (log) => {
      await log.append({ topic: TOPIC, partition: 0, records: numbered(0, 10) });
      const middle = subscriber(log, 7);
      const future = subscriber(log, 12);
      await until(() => middle.offsets.length >= 3);
      await log.append({ topic: TOPIC, partition: 0, records: numbered(10, 1) });
      await log.append({ topic: TOPIC, partition: 0, records: numbered(11, 3) });
      await until(() => future.offsets.length >= 2 && middle.offsets.length >= 7);
      expect(middle.offsets).toEqual([7, 8, 9, 10, 11, 12, 13]);
      expect(future.offsets).toEqual([12, 13]);
      await middle.close();
      await future.close();
    }));

  test('what was delivered does not change when the appender uses its buffer again', () =>
    using(harness, async (log) => {
      const kept: LogEntry[] = [];
      const reader = subscriber(log, 0, (entries) => {
        kept.push(...entries);
      });
      await log.append({ topic: TOPIC, partition: 0, records: texts('early') });
      // From here on it follows what is appended, and reads nothing that was there before.
      await until(() => kept.length === 1);
      const buffer = text('first');
      await log.append({ topic: TOPIC, partition: 0, records: [buffer] });
      buffer.set(text('other'));
      await log.append({ topic: TOPIC, partition: 0, records: [buffer] });
      buffer.set(text('third'));
      await until(() => kept.length === 3);
      expect(seen(kept)).toEqual(['0:early', '1:first', '2:other']);
      await reader.close();
    }));

  test('a handler that throws or rejects ends its subscription and no other', () =>
    using(harness, async (log) => {
      const healthy = subscriber(log, 0);
      const throwing = subscriber(log, 0, () => {
        throw new Error('thrown');
      });
      const rejecting = subscriber(log, 0, () => Promise.reject(new Error('rejected')));
      await log.append({ topic: TOPIC, partition: 0, records: texts('a') });
      await until(() => throwing.errors.length > 0 && rejecting.errors.length > 0);
      await log.append({ topic: TOPIC, partition: 0, records: texts('b') });
      await until(() => healthy.offsets.length === 2);
      expect(throwing.errors.map(String)).toEqual(['Error: thrown']);
      expect(rejecting.errors.map(String)).toEqual(['Error: rejected']);
      expect([throwing.offsets, rejecting.offsets]).toEqual([[0], [0]]);
      await healthy.close();
    }));

  test('after close resolved the handler is not called again', () =>
    using(harness, async (log) => {
      const reader = subscriber(log, 0);
      const other = subscriber(log, 0);
      await log.append({ topic: TOPIC, partition: 0, records: texts('a') });
      await until(() => reader.offsets.length === 1);
      await reader.close();
      await log.append({ topic: TOPIC, partition: 0, records: texts('b') });
      await until(() => other.offsets.length === 2);
      expect(reader.offsets).toEqual([0]);
      expect(reader.errors).toEqual([]);
      await other.close();
    }));

  test('a handler may close its own subscription', () =>
    using(harness, async (log) => {
      const reader = subscriber(log, 0, () => reader.close());
      await log.append({ topic: TOPIC, partition: 0, records: texts('a') });
      await until(() => reader.offsets.length === 1);
      await log.append({ topic: TOPIC, partition: 0, records: texts('b') });
      await pause(20);
      expect(reader.offsets).toEqual([0]);
    }));
}

function groups(harness: Harness<EventLog>): void {
  test('each group remembers the last offset committed, per partition', () =>
    using(harness, async (log) => {
      expect(await log.committed('readers', TOPIC, 0)).toBeUndefined();
      await log.commit('readers', TOPIC, 0, 5);
      await log.commit('readers', TOPIC, 1, 7);
      await log.commit('others', TOPIC, 0, 1);
      await log.commit('readers', TOPIC, 0, 6);
      const offsets = [
        await log.committed('readers', TOPIC, 0),
        await log.committed('readers', TOPIC, 1),
        await log.committed('others', TOPIC, 0),
      ];
      expect(offsets).toEqual([6, 7, 1]);
    }));
}

function trimming(harness: Harness<EventLog>): void {
  /** Two records, then one that is younger by the returned time. */
  async function oldAndYoung(log: EventLog, topic: string): Promise<number> {
    await log.append({ topic, partition: 0, records: texts('old', 'older') });
    await pause(20);
    await log.append({ topic, partition: 0, records: texts('young') });
    return (await log.read(topic, 0, 2, 1))[0]?.atMs ?? 0;
  }

  test('records older than the given time are skipped by every reader, offsets stay', () =>
    using(harness, async (log) => {
      const youngMs = await oldAndYoung(log, TOPIC);
      expect(await log.trim(TOPIC, youngMs)).toBe(2);
      expect([await log.startOffset(TOPIC, 0), await log.endOffset(TOPIC, 0)]).toEqual([2, 3]);
      expect(seen(await log.read(TOPIC, 0, 0, 10))).toEqual(['2:young']);
      const reader = subscriber(log, 0);
      await until(() => reader.offsets.length === 1);
      expect(reader.offsets).toEqual([2]);
      await reader.close();
    }));

  test('a partition that was cut off whole goes on where it was', () =>
    using(harness, async (log) => {
      const youngMs = await oldAndYoung(log, TOPIC);
      expect(await log.trim(TOPIC, youngMs + 1)).toBe(3);
      expect([await log.startOffset(TOPIC, 0), await log.endOffset(TOPIC, 0)]).toEqual([3, 3]);
      const reader = subscriber(log, 0);
      expect(await log.append({ topic: TOPIC, partition: 0, records: texts('next') })).toBe(3);
      await until(() => reader.offsets.length === 1);
      expect(reader.offsets).toEqual([3]);
      await reader.close();
    }));

  test('the ledger is never trimmed', () =>
    using(harness, async (log) => {
      const youngMs = await oldAndYoung(log, LEDGER);
      expect(await log.trim(LEDGER, youngMs + 1)).toBe(0);
      expect(await log.startOffset(LEDGER, 0)).toBe(0);
    }));
}

function cutting(harness: Harness<EventLog>): void {
  test('records before an offset are gone for every reader, of the ledger too, and offsets stay', () =>
    using(harness, async (log) => {
      await log.append({ topic: LEDGER, partition: 0, records: texts('a', 'b', 'c') });
      await log.append({ topic: LEDGER, partition: 0, records: texts('d') });
      await log.append({ topic: LEDGER, partition: 1, records: texts('x') });
      await log.cut(LEDGER, 0, 3);
      expect([await log.startOffset(LEDGER, 0), await log.endOffset(LEDGER, 0)]).toEqual([3, 4]);
      expect(seen(await log.read(LEDGER, 0, 0, 10))).toEqual(['3:d']);
      expect(seen(await log.read(LEDGER, 1, 0, 10))).toEqual(['0:x']);
      expect(await log.append({ topic: LEDGER, partition: 0, records: texts('e') })).toBe(4);
    }));

  test('a subscriber goes on over a cut, wherever it was', () =>
    using(harness, async (log) => {
      const early = subscriber(log, 0);
      await log.append({ topic: TOPIC, partition: 0, records: numbered(0, 5) });
      await until(() => early.offsets.length === 5);
      await log.cut(TOPIC, 0, 5);
      const late = subscriber(log, 2);
      await log.append({ topic: TOPIC, partition: 0, records: numbered(5, 2) });
      await until(() => early.offsets.length === 7 && late.offsets.length === 2);
      expect(early.offsets).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(late.offsets).toEqual([5, 6]);
      await early.close();
      await late.close();
    }));
}

function reopening(harness: Harness<EventLog>): void {
  test('everything acknowledged is there again, and offsets go on', async () => {
    let logId = '';
    await acrossReopening(
      harness,
      async (log) => {
        logId = log.logId;
        await log.append({ topic: TOPIC, partition: 0, records: numbered(0, 2_500) });
        await log.commit('readers', TOPIC, 0, 17);
      },
      async (log) => {
        expect(log.logId).toBe(logId);
        expect(await log.endOffset(TOPIC, 0)).toBe(2_500);
        expect(await log.committed('readers', TOPIC, 0)).toBe(17);
        expect(await log.append({ topic: TOPIC, partition: 0, records: numbered(2_500, 1) })).toBe(2_500);
        const reader = subscriber(log, 0);
        await until(() => reader.offsets.length >= 2_501);
        expect(reader.mismatches).toBe(0);
        await reader.close();
      },
    );
  });

  test('appends that nobody waited for before the close are there, or were refused', async () => {
    const outcomes: Promise<number | undefined>[] = [];
    await acrossReopening(
      harness,
      async (log) => {
        for (let index = 0; index < 50; index++) {
          outcomes.push(log.append({ topic: TOPIC, partition: 0, records: texts(`${index}`) }).catch(() => undefined));
        }
      },
      async (log) => {
        const acknowledged = (await Promise.all(outcomes)).filter((offset) => offset !== undefined).length;
        expect(await log.endOffset(TOPIC, 0)).toBeGreaterThanOrEqual(acknowledged);
      },
    );
  });

  test('two logs never share an id', () =>
    using(harness, (one) => using(harness, async (other) => expect(one.logId).not.toBe(other.logId))));
}

interface Reader {
  readonly offsets: number[];
  readonly errors: unknown[];
  /** Entries whose bytes do not say their offset. */
  mismatches: number;
  close(): Promise<void>;
}

function subscriber(log: EventLog, from: number, handler?: SubscribeOptions['handler']): Reader {
  const offsets: number[] = [];
  const errors: unknown[] = [];
  const reader: Reader = { offsets, errors, mismatches: 0, close: () => subscription.close() };
  const subscription = log.subscribe({
    topic: TOPIC,
    partition: 0,
    from,
    handler(entries) {
      for (const entry of entries) {
        offsets.push(entry.offset);
        if (show(entry.bytes) !== `${entry.offset}`) reader.mismatches++;
      }
      return handler?.(entries);
    },
    onError: (error) => errors.push(error),
  });
  return reader;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function texts(...values: readonly string[]): Uint8Array[] {
  return values.map(text);
}

/** Records that say the offset they will have. */
function numbered(from: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => text(`${from + index}`));
}

function show(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function seen(entries: readonly LogEntry[]): string[] {
  return entries.map((entry) => `${entry.offset}:${show(entry.bytes)}`);
}
