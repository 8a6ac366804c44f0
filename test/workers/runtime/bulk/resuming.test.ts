/** A bulk job that fails at every step there is, and goes on: the values are as many as were asked for, and none is there twice. */
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BulkFiles } from '../../../../adapters/duckdb/bulk-files.ts';
import { SequenceError } from '../../../../core/errors.ts';
import { defineSequence, type SequenceDefinition } from '../../../../core/sequence.ts';
import type { Taken } from '../../../../core/stock/take.ts';
import { FinalFailure } from '../../../../pipelines/ports.ts';
import { bulkJob } from '../../../../workers/runtime/bulk/bulk-job.ts';
import type { ValueSource } from '../../../../workers/runtime/bulk/value-source.ts';
import { scratchDirectory } from '../../embedded/scratch-directory.ts';
import { linesOf } from './bulk-server.ts';

const COUNT = 95;
const BLOCK = 10;

/** Gives out ordinals without end; what was lost in a crash stays lost. */
class Source implements ValueSource {
  definition = defineSequence({});
  next = 0;
  id = 7;
  taken = 0;
  readonly returned: number[] = [];
  readonly announced: number[] = [];
  /** Called before each take. */
  before: () => void = () => undefined;

  generation(): ReturnType<ValueSource['generation']> {
    const { id, definition } = this;
    return { id, name: 'orders', definition, capacity: 1_000, next: 0, partitions: new Set() };
  }

  definitionOf(): SequenceDefinition {
    return this.definition;
  }

  streamOf(): string {
    return 'orders/bulk/bulk';
  }

  async take(_: unknown, count: number, later: number): Promise<readonly Taken[]> {
    this.before();
    this.announced.push(count + later);
    const start = this.next;
    this.next += count;
    this.taken += count;
    return [{ generation: this.id, partition: 0, shard: 1, start, count, block: start + 1 }];
  }

  end(): void {
    this.announced.push(0);
  }

  giveBack(_: unknown, { start, count }: Taken): number {
    this.returned.push(start);
    return count;
  }
}

const JOB = { id: 'issue-1', name: 'issue', attempt: 1, data: { sequence: 'orders', count: COUNT, file: 'ids.csv' } };

async function set(more: { readonly isStopping?: () => boolean } = {}) {
  const files = await BulkFiles.open(scratchDirectory());
  const source = new Source();
  const options = { files, source, archive: undefined, nowMs: () => 0, isStopping: () => false, blockValues: BLOCK, ...more };
  return { files, source, run: () => bulkJob(options)(JOB, () => undefined) };
}

function valuesIn({ root }: BulkFiles): string[] {
  return linesOf(join(root, 'ids.csv')).slice(1);
}

describe('a bulk job that is interrupted', () => {
  test('before any of its blocks takes what is missing and no more', async () => {
    const { files, source, run } = await set();
    let calls = 0;
    // Every block fails once before it is taken.
    source.before = () => {
      if (calls++ % 2 === 0) throw new SequenceError('SEQ_WAIT_TIMEOUT', 'no allocation');
    };
    for (let attempts = 0; attempts < 10; attempts++) await expect(run()).rejects.toThrow('SEQ_WAIT_TIMEOUT');
    expect(await run()).toMatchObject({ count: COUNT, ranges: 1 });
    expect(source.taken).toBe(COUNT);
    expect(valuesIn(files)).toEqual(Array.from({ length: COUNT }, (_, i) => String(i + 1)));
  });

  test('after a block was taken and before it was written down loses that block and no value of the file', async () => {
    const { files, source, run } = await set();
    source.before = () => {
      if (source.next !== 40) return;
      source.next += BLOCK;
      throw new Error('the process was killed');
    };
    await expect(run()).rejects.toThrow('killed');
    // Half a line is all that reached the disk of what came next.
    appendFileSync(join(files.root, '.jobs', 'issue-1.jsonl'), '{"taken":[[40,1');
    source.before = () => undefined;
    expect(await run()).toMatchObject({ count: COUNT, ranges: 2 });
    expect(source.next).toBe(COUNT + BLOCK);
    const values = valuesIn(files);
    expect(new Set(values).size).toBe(COUNT);
    expect(values.filter((value) => Number(value) > 40 && Number(value) <= 50)).toEqual([]);
  });

  test('after the file is there writes none again, and answers alike when it ended', async () => {
    const { files, source, run } = await set();
    const first = await run();
    const before = valuesIn(files);
    expect(await run()).toEqual(first);
    // As if the end had not been written down.
    const path = join(files.root, '.jobs', 'issue-1.jsonl');
    const lines = linesOf(path);
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path, `${lines.slice(0, -1).join('\n')}\n`);
    expect(await run()).toEqual(first);
    expect(valuesIn(files)).toEqual(before);
    expect(source.taken).toBe(COUNT);
  });

  test('by a full disk says so, keeps nothing half written, and goes on with the same values', async () => {
    const { files, source, run } = await set();
    const write = files.write.bind(files);
    files.write = async () => {
      throw new SequenceError('SEQ_DISK_FULL', 'ids.csv: the disk is full');
    };
    await expect(run()).rejects.toThrow('SEQ_DISK_FULL');
    expect(readdirSync(files.root).sort()).toEqual(['.jobs', '.writing']);
    files.write = write;
    expect(await run()).toMatchObject({ first: '1', last: String(COUNT) });
    expect(source.taken).toBe(COUNT);
  });

  test('by the end of its process stops between two blocks', async () => {
    let stops = 0;
    const { source, run } = await set({ isStopping: () => ++stops === 4 });
    await expect(run()).rejects.toThrow('SEQ_CLOSED');
    expect(source.taken).toBe(3 * BLOCK);
    expect(source.announced.at(-1)).toBe(0);
    await run();
    expect(source.taken).toBe(COUNT);
  });

  test('by a restart of its sequence is over: what it took belongs to the old generation', async () => {
    const { files, source, run } = await set();
    source.before = () => {
      if (source.next === 30) source.id = 8;
    };
    const failure = await run().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FinalFailure);
    expect(String(failure)).toContain('SEQ_CONFLICT');
    expect(readdirSync(join(files.root, '.jobs'))).toEqual([]);
  });
});

describe('what a job announces with every block', () => {
  test('is all that is left, where values cost nothing', async () => {
    const { source, run } = await set();
    await run();
    expect(source.announced).toEqual([95, 85, 75, 65, 55, 45, 35, 25, 15, 5, 0]);
  });

  test('is little or nothing, where a crash would burn what is dear', async () => {
    for (const [burnCost, announced] of [
      ['low', [50, 50, 50, 50, 50, 45, 35, 25, 15, 5, 0]],
      ['high', [...Array(9).fill(10), 5, 0]],
    ] as const) {
      const { source, run } = await set();
      source.definition = defineSequence({ burnCost });
      await run();
      expect(source.announced).toEqual(announced);
    }
  });
});
