/** A data directory whose reservations were rolled back gives no number out again: it does not open. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { begun } from '../../conformance/registrar-calls.ts';
import { newDataDir, opened } from './data-dirs.ts';

describe('a directory with reservations', () => {
  test('does not open with an older copy of its database in place, although no record of the log is missing', async () => {
    const dataDir = newDataDir();
    const first = await opened({ dataDir });
    const calls = await begun(first.registrar);
    await calls.confirm(await calls.reserve('one'));
    await first.close();
    const database = join(dataDir, 'seqcast.db');
    copyFileSync(database, `${database}.old`);

    const second = await opened({ dataDir });
    const later = await begun(second.registrar, 1_000_000, 'life-2');
    await later.confirm(await later.reserve('two'));
    await second.close();
    copyFileSync(`${database}.old`, database);

    await expect(opened({ dataDir })).rejects.toMatchObject({
      code: 'SEQ_DATA_CORRUPT',
      message: expect.stringContaining('it holds 4 changes of reservations, 6 were written'),
    });
  });

  test('opens with a witness from before there were reservations', async () => {
    const dataDir = newDataDir();
    const first = await opened({ dataDir });
    await (await begun(first.registrar)).reserve('one');
    await first.close();
    const witness = join(dataDir, 'seqcast.witness');
    const { logId, records } = JSON.parse(readFileSync(witness, 'utf8')) as { logId: string; records: number };
    writeFileSync(witness, JSON.stringify({ logId, records }).padEnd(256));
    const second = await opened({ dataDir });
    expect(await second.registrar.lineage()).toMatchObject({ ops: 3 });
  });

  test('shows what it holds when it is only looked at, and changes nothing', async () => {
    const dataDir = newDataDir();
    const first = await opened({ dataDir });
    const held = await (await begun(first.registrar)).reserve('one');
    await first.close();
    const looked = await opened({ dataDir, readOnly: true });
    expect(await looked.registrar.find(held.id)).toEqual(held);
    await expect(looked.registrar.recordLife('life-2')).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
    expect((await looked.registrar.lineage()).lives).toEqual(['life-1']);
  });
});
