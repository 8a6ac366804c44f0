/** The embedded registrar against the conformance kit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { type EmbeddedStorage, openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import type { Registrar } from '../../pipelines/ports.ts';
import type { Harness } from './harness.ts';
import { registrarKit } from './registrar-kit.ts';

describe('the embedded registrar', () => registrarKit(embedded()));

function embedded(): Harness<Registrar> {
  const opened = new Map<Registrar, { readonly storage: EmbeddedStorage; readonly dataDir: string }>();

  async function openIn(dataDir: string): Promise<Registrar> {
    const onFailure = (error: Error): never => {
      throw error;
    };
    const storage = await openEmbeddedStorage({ dataDir, onFailure });
    opened.set(storage.registrar, { storage, dataDir });
    return storage.registrar;
  }

  async function closed(current: Registrar): Promise<string> {
    const held = opened.get(current);
    if (held === undefined) throw new Error('this harness did not open that');
    await held.storage.close();
    return held.dataDir;
  }

  return {
    open: () => openIn(mkdtempSync(join(tmpdir(), 'seqcast-'))),
    reopen: async (current) => openIn(await closed(current)),
    close: async (current) => rmSync(await closed(current), { recursive: true, force: true }),
  };
}
