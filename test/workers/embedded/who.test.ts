/** Who got a value, over restarts: shards that are closed go on being known, whether the index is loaded or folded again. */
import { describe, expect, test, vi } from 'vitest';
import { openEmbeddedStorage } from '../../../adapters/embedded/storage.ts';
import { withStoppedDirectory } from '../../../cli/stopped-directory.ts';
import { trimLedger } from '../../../workers/runtime/ledger/ledger-trim.ts';
import { opened, scratchDirectory, valuesOf } from './scratch-directory.ts';

describe('who got a value', () => {
  test('is answered of shards that earlier lives closed, of what was returned and given out again, and of a stopped directory', async () => {
    const dataDir = scratchDirectory();
    const first = await opened({ dataDir });
    await first.create('orders', {});
    const [early = 0n] = await valuesOf(first, 'orders', 3, { service: 'early' });
    await first.close();
    const second = await opened({ dataDir });
    expect(await second.who('orders', early)).toMatchObject({ stream: 'orders/default/early', state: 'issued' });
    const late = await valuesOf(second, 'orders', 500, { service: 'late' });
    // Asked after the index was built: it goes along with the reader, and hears what the pool reports once a second.
    const owner = await vi.waitUntil(async () => {
      const now = await second.who('orders', late[0] as bigint);
      return now.issuedToMs !== undefined && now;
    }, 10_000);
    expect(owner).toMatchObject({ stream: 'orders/default/late', state: 'issued', issuedFromMs: expect.any(Number) });
    await second.close();
    const still = await withStoppedDirectory(dataDir, async ({ who }) => [
      await who('orders', early),
      await who('orders', late[4] as bigint),
    ]);
    expect(still).toEqual([
      expect.objectContaining({ stream: 'orders/default/early', state: 'issued' }),
      expect.objectContaining({ stream: 'orders/default/late', state: 'issued', issuedToMs: expect.any(Number) }),
    ]);
    await expect(withStoppedDirectory(dataDir, ({ who }) => who('orders', 10n ** 15n))).rejects.toMatchObject({
      code: 'SEQ_UNKNOWN_VALUE',
    });
  });

  test('is answered of what was trimmed off the ledger from its exports, and without them says what is missing', async () => {
    const [dataDir, exportDir] = [scratchDirectory(), scratchDirectory()];
    const given: bigint[] = [];
    for (let life = 0; life < 3; life++) {
      const seqcast = await opened({ dataDir, partitions: 1 });
      if (life === 0) await seqcast.create('orders', {});
      given.push(...(await valuesOf(seqcast, 'orders', 10)));
      await seqcast.close();
    }
    const storage = await openEmbeddedStorage({ dataDir, onFailure: () => undefined });
    await trimLedger({ log: storage.log, snapshots: storage.snapshots, partitionCount: storage.partitionCount, exportDir });
    expect(await storage.log.startOffset('seqcast.shards', 0)).toBeGreaterThan(0);
    await storage.close();
    const [oldest] = given as [bigint];
    const asked = (options: object) => withStoppedDirectory(dataDir, ({ who }) => who('orders', oldest), options);
    expect(await asked({ exportDir })).toMatchObject({ stream: 'orders/default/default', state: 'issued' });
    await expect(asked({})).rejects.toMatchObject({ code: 'SEQ_LEDGER_CUT' });
    const seqcast = await opened({ dataDir, exportDir });
    expect(await seqcast.who('orders', oldest)).toMatchObject({ stream: 'orders/default/default', state: 'issued' });
  });
});
