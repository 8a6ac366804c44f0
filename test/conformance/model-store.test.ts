/** The model store over a directory against its conformance kit. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openModelStore } from '../../adapters/embedded/model-store.ts';
import type { ModelStore } from '../../pipelines/ports.ts';
import { type ModelStoreHarness, modelOf, modelStoreKit } from './model-store-kit.ts';

describe('the model store over a directory', () => modelStoreKit(directories()));

function directories(): ModelStoreHarness {
  const dirs = new Map<ModelStore, string>();

  async function openIn(dir: string): Promise<ModelStore> {
    const store = await openModelStore({ dir });
    dirs.set(store, dir);
    return store;
  }

  return {
    open: () => openIn(mkdtempSync(join(tmpdir(), 'seqcast-'))),
    reopen: (current) => openIn(dirs.get(current) ?? ''),
    async close(current) {
      rmSync(dirs.get(current) ?? '', { recursive: true, force: true });
    },
    async damage(store, family, version, how) {
      const directory = join(dirs.get(store) ?? '', family, version);
      if (how === 'no-weights') rmSync(join(directory, 'weights.bin'));
      if (how === 'card') writeFileSync(join(directory, 'card.json'), readFileSync(join(directory, 'card.json')).subarray(0, 20));
      if (how === 'weights') flipByte(join(directory, 'weights.bin'), 1);
    },
    async damageCheckpoint(store) {
      const directory = join(dirs.get(store) ?? '', 'checkpoints');
      for (const name of readdirSync(directory)) flipByte(join(directory, name), readFileSync(join(directory, name)).length - 1);
    },
  };
}

function flipByte(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

describe('the directory of models', () => {
  function scratch(): string {
    const dir = mkdtempSync(join(tmpdir(), 'seqcast-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    return dir;
  }

  test('has a card that a person reads beside the weights', async () => {
    const dir = scratch();
    const model = modelOf('one');
    await (await openModelStore({ dir })).put(model);
    expect(readFileSync(join(dir, 'lstm', model.card.version, 'card.md'), 'utf8')).toBe('# one\n');
  });

  test('loses what dead processes left half written, and nothing else', async () => {
    const dir = scratch();
    await openModelStore({ dir });
    writeFileSync(join(dir, '.writing', 'old'), 'x');
    writeFileSync(join(dir, '.writing', 'young'), 'x');
    utimesSync(join(dir, '.writing', 'old'), 1, 1);
    await openModelStore({ dir });
    expect(readdirSync(join(dir, '.writing'))).toEqual(['young']);
  });

  test('that cannot be one is refused', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    await expect(openModelStore({ dir: file })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
  });
});
