/** What a bulk job remembers: exact across lives, and of a process that was frozen while another one took its job over. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BulkFiles } from '../../../../adapters/duckdb/bulk-files.ts';
import { Checkpoint } from '../../../../workers/runtime/bulk/checkpoint.ts';
import { checkTopic } from '../../../../workers/runtime/bulk/topic-target.ts';
import { scratchDirectory } from '../../embedded/scratch-directory.ts';

describe('a bulk job that another process took over', () => {
  it('writes nothing down any more, and the other one goes on with all that was', async () => {
    const { root } = await BulkFiles.open(join(scratchDirectory(), 'bulk'));
    const frozen = await Checkpoint.open(root, 'job');
    await frozen.begin({ generation: 1, count: 30, atMs: 0 });
    await frozen.add([
      { start: 0, count: 5 },
      { start: 5, count: 5 },
    ]);
    await frozen.mustBeOurs();
    const next = await Checkpoint.open(root, 'job');
    expect(next.runs).toEqual([{ start: 0, count: 10 }]);
    await expect(frozen.mustBeOurs()).rejects.toMatchObject({ code: 'SEQ_FENCED' });
    await expect(frozen.add([{ start: 10, count: 5 }])).rejects.toMatchObject({ code: 'SEQ_FENCED' });
    await next.add([{ start: 20, count: 20 }]);
    await next.addSent({ records: 7, offset: 9 });
    const last = await Checkpoint.open(root, 'job');
    expect(last).toMatchObject({ taken: 30, sent: { records: 7, offset: 9 } });
    // Neighbours are one, on the disk as well.
    expect(readFileSync(join(root, '.jobs', 'job.jsonl'), 'utf8')).toContain('{"taken":[[0,10]]}\n');
  });
});

describe('a topic that values may go to', () => {
  it('is on the list, and never one of our own', () => {
    expect(() => checkTopic('ids', ['ids', 'others'])).not.toThrow();
    expect(() => checkTopic('ids', [])).toThrow(/none is allowed/);
    expect(() => checkTopic('seqcast.values', ['seqcast.values'])).toThrow(/is no topic/);
    expect(() => checkTopic('ids', ['ids', 'seqcast.shards'])).toThrow(/seqcast itself reads it/);
  });
});
