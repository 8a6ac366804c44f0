/** The embedded adapters against the conformance kits. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createEmbeddedStock } from '../../adapters/embedded/stock.ts';
import { type EmbeddedStorage, openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import { eventLogKit } from './event-log-kit.ts';
import type { Harness } from './harness.ts';
import { routeTableKit } from './route-table-kit.ts';
import { snapshotStoreKit } from './snapshot-store-kit.ts';
import { stockKit } from './stock-kit.ts';

describe('the embedded event log', () =>
  eventLogKit(
    embedded((storage) => storage.log),
    { trims: true },
  ));
describe('the embedded snapshot store', () => snapshotStoreKit(embedded((storage) => storage.snapshots)));
describe('the embedded route table', () => routeTableKit(embedded((storage) => storage.routes)));

describe('the embedded stock', () => {
  let lives = 0;
  const mintIncarnation = (): string => `life-${++lives}`;
  stockKit({ open: async () => createEmbeddedStock({ mintIncarnation, nowMs: () => Date.now() }), close: async () => undefined });
});

/** Hands out one port of a storage of its own, in a directory that goes when it is closed. */
function embedded<T extends object>(port: (storage: EmbeddedStorage) => T): Harness<T> {
  const opened = new Map<T, { readonly storage: EmbeddedStorage; readonly dataDir: string }>();

  async function openIn(dataDir: string): Promise<T> {
    const onFailure = (error: Error): never => {
      throw error;
    };
    const storage = await openEmbeddedStorage({ dataDir, onFailure });
    opened.set(port(storage), { storage, dataDir });
    return port(storage);
  }

  return {
    open: () => openIn(mkdtempSync(join(tmpdir(), 'seqcast-'))),
    async reopen(current) {
      const { storage, dataDir } = opened.get(current) ?? failed();
      await storage.close();
      return openIn(dataDir);
    },
    async close(current) {
      const { storage, dataDir } = opened.get(current) ?? failed();
      await storage.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function failed(): never {
  throw new Error('this harness did not open that');
}
