/** What every snapshot store must do: keep the newest three of each stage and partition, whole or not at all. */
import { describe, expect, test } from 'vitest';
import type { Snapshot, SnapshotStore } from '../../pipelines/ports.ts';
import { acrossReopening, type Harness, using } from './harness.ts';

export function snapshotStoreKit(harness: Harness<SnapshotStore>): void {
  test('a stage without snapshots loads none', () =>
    using(harness, async (store) => expect(await store.load('allocation', 0)).toEqual([])));

  test('what was saved loads again, header and bytes', () =>
    using(harness, async (store) => {
      const saved = snapshot('allocation', 3, 41, bytes(1_000, 7));
      await store.save(saved);
      expect(plain(await store.load('allocation', 3))).toEqual(plain([saved]));
    }));

  test('stages and partitions are kept apart', () =>
    using(harness, async (store) => {
      await store.save(snapshot('allocation', 0, 1, bytes(10, 1)));
      await store.save(snapshot('allocation', 1, 2, bytes(10, 2)));
      await store.save(snapshot('forecast', 0, 3, bytes(10, 3)));
      expect(offsets(await store.load('allocation', 0))).toEqual([1]);
      expect(offsets(await store.load('allocation', 1))).toEqual([2]);
      expect(offsets(await store.load('forecast', 0))).toEqual([3]);
    }));

  test('the newest three are kept and come newest first', () =>
    using(harness, async (store) => {
      for (let offset = 1; offset <= 5; offset++) await store.save(snapshot('allocation', 0, offset, bytes(100, offset)));
      expect(offsets(await store.load('allocation', 0))).toEqual([5, 4, 3]);
    }));

  test('a reader that has little room gets the newest few, and none that is too large for it', () =>
    using(harness, async (store) => {
      await store.save(snapshot('forecast', 0, 1, bytes(100, 1)));
      await store.save(snapshot('forecast', 0, 2, bytes(3_000_000, 2)));
      await store.save(snapshot('forecast', 0, 3, bytes(100, 3)));
      expect(offsets(await store.load('forecast', 0, { newest: 1, bytesMax: 1_000_000 }))).toEqual([3]);
      expect(offsets(await store.load('forecast', 0, { newest: 3, bytesMax: 1_000_000 }))).toEqual([3, 1]);
    }));

  test('an empty state and one of several megabytes come back whole', () =>
    using(harness, async (store) => {
      const large = snapshot('allocation', 0, 2, bytes(3_333_333, 5));
      await store.save(snapshot('allocation', 0, 1, new Uint8Array(0)));
      await store.save(large);
      const [newest, older] = await store.load('allocation', 0);
      expect(Buffer.from(newest?.bytes ?? []).equals(Buffer.from(large.bytes))).toBe(true);
      expect(older?.bytes.byteLength).toBe(0);
    }));

  test('what the caller does with its bytes afterwards does not matter', () =>
    using(harness, async (store) => {
      const mine = bytes(100, 1);
      await store.save(snapshot('allocation', 0, 1, mine));
      mine.fill(0);
      expect(plain(await store.load('allocation', 0))).toEqual(plain([snapshot('allocation', 0, 1, bytes(100, 1))]));
    }));

  describe.runIf(harness.reopen !== undefined)('opening again', () => {
    test('snapshots are there, and newer ones still come first', () =>
      acrossReopening(
        harness,
        async (store) => {
          for (let offset = 1; offset <= 3; offset++) await store.save(snapshot('allocation', 0, offset, bytes(50, offset)));
        },
        async (store) => {
          await store.save(snapshot('allocation', 0, 4, bytes(50, 4)));
          expect(offsets(await store.load('allocation', 0))).toEqual([4, 3, 2]);
        },
      ));
  });
}

function snapshot(stage: string, partition: number, offset: number, state: Uint8Array): Snapshot {
  const offsetsByTopic = { 'seqcast.shards': offset };
  const lastRecordHashes = { 'seqcast.shards': 'ab'.repeat(32) };
  return { header: { stage, partition, logId: 'log', offsets: offsetsByTopic, lastRecordHashes, level: 1, stateSchema: 2 }, bytes: state };
}

function bytes(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * seed + (index >>> 8)) & 255);
}

function offsets(snapshots: readonly Snapshot[]): (number | undefined)[] {
  return snapshots.map(({ header }) => header.offsets['seqcast.shards']);
}

function plain(snapshots: readonly Snapshot[]): unknown[] {
  return snapshots.map(({ header, bytes: state }) => ({ header, hex: Buffer.from(state).toString('hex') }));
}
