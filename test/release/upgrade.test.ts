/** What a released version wrote is opened by this one: nothing is forgotten, nothing is given out again, and every value is accounted for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import { rangesToJson, shardsToJson } from '../../core/ledger/state-json.ts';
import type { EventLog, SnapshotStore } from '../../pipelines/ports.ts';
import { decode } from '../../schemas/codec.ts';
import { GOLDEN_PARTITIONS, type GoldenFacts, plain } from '../../scripts/golden-history.ts';
import { goldenFacts, goldenReleases, goldenTopics, unpackDirectory } from '../../scripts/golden-release.ts';
import { open } from '../../workers/embedded.ts';
import { LedgerReader } from '../../workers/runtime/ledger/ledger-reader.ts';
import type { Seqcast } from '../../workers/runtime/service/seqcast.ts';
import { dropTopics, newPrefix, openTestKafka } from '../adapters/kafka/test-kafka.ts';
import { run } from '../cli/commands.ts';
import { engineOrSkip } from '../engines/engines.ts';

const kafka = engineOrSkip('kafka');
/** Windows of topics and reservations are as they were when it was written, whenever this runs. */
const clockFrom = (startMs: number) => {
  const openedMs = performance.now();
  return { nowMs: () => Math.floor(startMs + performance.now() - openedMs) };
};

function unpacked(version: string): string {
  const parent = mkdtempSync(join(tmpdir(), 'seqcast-upgrade-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const dataDir = join(parent, 'data');
  unpackDirectory(version, dataDir);
  return dataDir;
}

async function opened(version: string): Promise<{ seqcast: Seqcast; facts: GoldenFacts }> {
  const facts = goldenFacts(version);
  const seqcast = await open({ dataDir: unpacked(version), clock: () => clockFrom(facts.lastSeenMs) });
  onTestFinished(() => seqcast.close());
  return { seqcast, facts };
}

/** Every value of runs of values. */
function valuesOf(runs: readonly (readonly [start: string | bigint, count: number, increment: string | bigint])[]): bigint[] {
  return runs.flatMap(([start, count, increment]) =>
    Array.from({ length: count }, (_, i) => BigInt(start) + BigInt(i) * BigInt(increment)),
  );
}

async function foldedLedger(log: EventLog, snapshots: SnapshotStore): Promise<string[]> {
  const fail = (error: unknown): never => {
    throw error;
  };
  const reader = new LedgerReader({ log, snapshots, partitionCount: GOLDEN_PARTITIONS, saves: () => false, onFailure: fail });
  await reader.catchUp();
  return [...reader.ranges.map(rangesToJson), ...reader.shards.map(shardsToJson)];
}

test('there is a golden data directory of the first release', () => {
  expect(goldenReleases()).toContain('0.1.0');
});

describe.each(goldenReleases())('a data directory of version %s', (version) => {
  test('knows its sequences, clients and profiles', async () => {
    const { seqcast, facts } = await opened(version);
    const definitions = Object.fromEntries(seqcast.list().map(({ name, definition }) => [name, plain<object>(definition)]));
    // A later version may know attributes that the earlier one did not.
    expect(definitions).toMatchObject(facts.definitions);
    const { id, ...route } = facts.client;
    expect(await seqcast.lookUpClient(id)).toEqual(route);
    expect(seqcast.profiles()).toMatchObject(facts.profiles);
  });

  test('serves on beyond everything that was given out, and gives nothing out again', async () => {
    const { seqcast, facts } = await opened(version);
    const sequences = Object.entries(facts.given);
    expect(sequences.length).toBeGreaterThan(5);
    for (const [sequence, runs] of sequences) {
      const { cycle, increment, order, start } = seqcast.describe(sequence).definition;
      const before = valuesOf(runs);
      const after: bigint[] = [];
      for (const clientType of ['web', 'batch', 'new']) {
        const { blocks } = await seqcast.next({ sequence, count: 20, clientType, service: 'checkout' });
        after.push(...valuesOf(blocks.map((block) => [block.start, block.count, block.increment] as const)));
      }
      expect(after).toHaveLength(60);
      if (cycle) continue;
      const known = new Set(before);
      expect(
        after.filter((value) => known.has(value)),
        sequence,
      ).toEqual([]);
      expect(start).toBeTypeOf('bigint');
      // Where all answers are in order, the new ones come after all the old ones.
      if (order === 'sequence') expect(after.every((value) => before.every((old) => (value - old) * increment > 0n))).toBe(true);
    }
    const report = await seqcast.audit();
    expect(report).toMatchObject({ ok: true, duplicates: 0, problems: [] });
  });

  test('answers a known key as it did, and knows who got what', async () => {
    const { seqcast, facts } = await opened(version);
    const { blocks, ...request } = facts.answered;
    expect(plain((await seqcast.next(request)).blocks)).toEqual(blocks);
    expect(facts.owners.length).toBeGreaterThan(3);
    for (const owner of facts.owners) expect(await seqcast.who(owner.sequence, BigInt(owner.value))).toMatchObject(owner);
    const { accounts } = await seqcast.audit();
    for (const [name, issued] of Object.entries(facts.issued)) {
      const mine = accounts.filter(({ sequence }) => sequence === name);
      expect(
        mine.reduce((sum, each) => sum + each.issued, 0),
        name,
      ).toBe(issued);
      expect(
        mine.reduce((sum, each) => sum + each.inDoubt, 0),
        name,
      ).toBe(facts.inDoubt[name]);
    }
  });

  test('keeps its numbers without a gap: those that were confirmed, held and given up', async () => {
    const { seqcast, facts } = await opened(version);
    const numbers = seqcast.reservations();
    const page = { sequence: 'invoices', from: 1, limit: 100 };
    expect(plain((await numbers.voids(page)).entries)).toMatchObject(facts.voids);
    for (const before of facts.reservations) {
      const found = plain<Record<string, unknown>>(await numbers.find(undefined, String(before.id)));
      const { repeated: _repeated, ...same } = before;
      expect(found).toMatchObject(same);
    }
    for (const { id, state } of facts.reservations) {
      if (state === 'reserved') await numbers.confirm({ id: String(id), by: 'checkout' });
    }
    // What was given up comes first; then the series is whole.
    while ((await numbers.voids(page)).entries.length > 0) {
      const { id } = await numbers.reserve({ sequence: 'invoices', key: `late-${Math.random()}`, count: 1, ttlMs: 60_000, owner: 'test' });
      await numbers.confirm({ id, by: 'test' });
    }
    expect((await seqcast.audit()).ok).toBe(true);
  });

  test('is read by the commands that look into a stopped one', async () => {
    const dataDir = unpacked(version);
    const audit = await run(['audit', '--data-dir', dataDir, '--json']);
    expect(JSON.parse(audit.out)).toMatchObject({ ok: true, duplicates: 0 });
    const [owner] = goldenFacts(version).owners;
    const who = await run(['who', owner?.sequence ?? '', owner?.value ?? '', '--data-dir', dataDir, '--json']);
    expect(JSON.parse(who.out)).toMatchObject({ ...owner });
  });

  test('has topics of which every record is read', () => {
    const topics = goldenTopics(version);
    const kinds = new Set(topics.flatMap(({ records }) => records.map((record) => decode(record).kind)));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['ConsumptionEvent', 'Forecast', 'RefillOrder', 'SequenceDefined', 'ShardAllocated']),
    );
  });

  test.skipIf(!kafka.available)('folds to the same ledger where a Kafka holds its topics (needs Kafka)', { timeout: 30_000 }, async () => {
    const fail = (error: unknown): never => {
      throw error;
    };
    const storage = await openEmbeddedStorage({ dataDir: unpacked(version), onFailure: fail });
    onTestFinished(() => storage.close());
    const prefix = newPrefix();
    const engine = await openTestKafka(kafka.brokers, { prefix, partitionCount: GOLDEN_PARTITIONS });
    onTestFinished(async () => {
      await engine.close();
      await dropTopics(kafka.brokers, prefix);
    });
    for (const { topic, partition, records } of goldenTopics(version)) await engine.log.append({ topic, partition, records });
    const none: SnapshotStore = { ...engine.snapshots, load: () => Promise.resolve([]) };
    const ledger = await foldedLedger(engine.log, none);
    expect(ledger).toHaveLength(2 * GOLDEN_PARTITIONS);
    expect(ledger).toEqual(await foldedLedger(storage.log, storage.snapshots));
  });
});
