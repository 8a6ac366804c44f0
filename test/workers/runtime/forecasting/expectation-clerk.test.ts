/** The clerk copies what the book has and a fold does not, once, and takes back what nobody says any more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import { SequenceError } from '../../../../core/errors.ts';
import { emptyExpectations, onBurstDeclared, onProfileSet } from '../../../../pipelines/expectations.ts';
import type { EventLog } from '../../../../pipelines/ports.ts';
import { decode } from '../../../../schemas/codec.ts';
import type { BurstDeclared, ProfileSet } from '../../../../schemas/messages.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import { ExpectationBook } from '../../../../workers/runtime/expectations/expectation-book.ts';
import { ExpectationClerk } from '../../../../workers/runtime/forecasting/expectation-clerk.ts';

const PARTITIONS = 2;
const BURST: BurstDeclared = { kind: 'BurstDeclared', stream: 's/web/api', rate: 5, fromMs: 1_000, untilMs: 2_000 };

function profile(clientType: string, changes: Partial<ProfileSet> = {}): ProfileSet {
  const span = { days: [], fromMinute: 0, untilMinute: 0, utcOffsetMinutes: 0 };
  return {
    kind: 'ProfileSet',
    clientType,
    service: '',
    sequence: '',
    pattern: 'steady',
    rate: 1,
    restShare: 0,
    ...span,
    atMs: 1,
    ...changes,
  };
}

/** A book and a clerk over a log, and folds of both consumption partitions that go on when they are told to. */
async function office(logOf: (log: EventLog) => EventLog = (log) => log) {
  const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-test-'));
  const fail = (error: unknown): void => {
    throw error;
  };
  const { log, close } = await openEmbeddedStorage({ dataDir, partitionCount: PARTITIONS, onFailure: fail });
  const clock = { ms: 0, nowMs: () => clock.ms };
  const book = new ExpectationBook({ log, clock, partitionCount: PARTITIONS, onFailure: fail });
  const folds = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, nextOffset: 0, expectations: emptyExpectations() }));
  const clerk = new ExpectationClerk({ log: logOf(log), book, followed: () => folds, onFailure: fail });
  onTestFinished(async () => {
    await book.close();
    await clerk.close();
    await close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  await book.start();
  /** Lets the clerk's appends land, and folds what is new; returns it. */
  const fold = async (partition: number): Promise<(ProfileSet | BurstDeclared)[]> => {
    await clerk.close();
    const each = folds[partition];
    if (each === undefined) return [];
    const entries = await log.read(TOPICS.consumption.name, partition, each.nextOffset, 1_000);
    each.nextOffset += entries.length;
    return entries.map(({ bytes }) => {
      const message = decode(bytes) as ProfileSet | BurstDeclared;
      if (message.kind === 'ProfileSet') onProfileSet(each.expectations, message);
      else onBurstDeclared(each.expectations, message);
      return message;
    });
  };
  return { log, clock, book, clerk, folds, fold };
}

describe('the clerk', () => {
  it('copies a profile into every partition at once, and a burst into that of its stream', async () => {
    const { book, clerk, fold } = await office();
    await book.setProfile(profile('web'));
    await book.declare(1, BURST);
    clerk.tick();
    expect([await fold(0), await fold(1)]).toEqual([[profile('web')], [profile('web')]]);
    clerk.tick();
    expect([await fold(0), await fold(1)]).toEqual([[], [BURST]]);
  });

  it('copies nothing twice while a fold has not come so far', async () => {
    const { book, clerk, fold } = await office();
    await book.setProfile(profile('web'));
    for (let i = 0; i < 5; i++) {
      clerk.tick();
      await clerk.close();
    }
    expect(await fold(0)).toHaveLength(1);
    clerk.tick();
    expect(await fold(0)).toEqual([]);
    expect(clerk.copied).toBe(PARTITIONS);
  });

  it('copies what was changed, and takes back what was removed, ended or is over', async () => {
    const { clock, book, clerk, fold, folds } = await office();
    await book.setProfile(profile('web'));
    await book.declare(0, BURST);
    await book.declare(0, { ...BURST, fromMs: 1_500 });
    const settle = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        clerk.tick();
        await fold(0);
      }
    };
    await settle();
    const held = () => [folds[0]?.expectations.profiles.size, folds[0]?.expectations.bursts.get('s/web/api')?.length ?? 0];
    expect(held()).toEqual([1, 2]);
    await book.setProfile(profile('web', { rate: 7, atMs: 2 }));
    await book.declare(0, { ...BURST, rate: 0 });
    await settle();
    expect([...(folds[0]?.expectations.profiles.values() ?? [])]).toMatchObject([{ rate: 7 }]);
    expect(held()).toEqual([1, 1]);
    await book.setProfile(profile('web', { pattern: 'none', atMs: 3 }));
    clock.ms = 2_000;
    await settle();
    expect(held()).toEqual([0, 0]);
  });

  it('tries again what could not be appended', async () => {
    let failures = 1;
    const { book, clerk, fold } = await office((log) => ({
      ...log,
      append: (append) => (failures-- > 0 ? Promise.reject(new SequenceError('SEQ_APPEND_UNKNOWN', 'nobody knows')) : log.append(append)),
    }));
    await book.setProfile(profile('web'));
    await clerk.close();
    clerk.tick();
    expect([...(await fold(0)), ...(await fold(1))]).toHaveLength(PARTITIONS);
  });
});

describe('the book', () => {
  it('has what it has set when setting resolves, and cuts off what was replaced', async () => {
    const { log, book } = await office();
    for (let i = 0; i < 10; i++) await book.setProfile(profile('web', { rate: i + 1, atMs: i }));
    expect(book.profiles()).toMatchObject([{ rate: 10 }]);
    expect(await log.startOffset(TOPICS.profiles.name, 0)).toBe(9);
    await book.setProfile(profile('job'));
    await book.setProfile(profile('job', { pattern: 'none' }));
    expect(await log.startOffset(TOPICS.profiles.name, 0)).toBe(9);
    await book.setProfile(profile('web', { pattern: 'none' }));
    expect([book.profiles(), await log.startOffset(TOPICS.profiles.name, 0)]).toEqual([[], 13]);
  });

  it('passes over profiles that make no sense', async () => {
    const { book } = await office();
    await book.setProfile(profile('web', { rate: -5 }));
    expect(book.profiles()).toEqual([]);
  });
});
