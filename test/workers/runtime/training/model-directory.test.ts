/** Everybody who follows the topic has the same model in service, or loudly none. */
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CARD_SCHEMA, type ModelCard } from '../../../../models/registry/model-card.ts';
import { ModelDirectory } from '../../../../workers/runtime/training/model-directory.ts';
import { RollbackWatch } from '../../../../workers/runtime/training/rollback-watch.ts';
import { NOW, newRegistry, PARTITIONS, type Registry, SILENT, said, weightsOf } from './registry-fixture.ts';

/** Puts weights into the store with a card that is right; the version. */
async function stored({ store }: Registry, weights: Uint8Array): Promise<string> {
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const version = sha256.slice(0, 8);
  const card = { cardSchema: CARD_SCHEMA, family: 'lstm', version, sha256, weightBytes: weights.byteLength, featureSchema: 'lstm-1' };
  const rest = {
    backend: 'none',
    trainedUntilMs: 5,
    madeAtMs: 6,
    evaluation: { losses: {}, improvement: {}, verdict: {} },
    training: {},
    data: {},
  };
  await store.put({ card: { ...card, ...rest } as unknown as ModelCard, weights, page: '' });
  return version;
}

/** Weights whose checksums are right and whose numbers are none. */
function poisoned(): Uint8Array {
  const well = weightsOf(1);
  const header = JSON.parse(Buffer.from(well).toString('utf8', 8, 8 + Buffer.from(well).readUInt32LE(4))) as { sha256: string };
  const bytes = Buffer.from(well);
  const from = 8 + bytes.readUInt32LE(4);
  bytes.writeFloatLE(Number.NaN, from + 40);
  const sha256 = createHash('sha256').update(bytes.subarray(from)).digest('hex');
  bytes.write(sha256, bytes.indexOf(header.sha256), 'latin1');
  return new Uint8Array(bytes);
}

async function another(registry: Registry, retryMs = 60_000): Promise<{ readonly directory: ModelDirectory; readonly problems: string[] }> {
  const { store, storage, clock } = registry;
  const problems: string[] = [];
  const onProblem = (model: string): number => problems.push(model);
  const options = { log: storage.log, store, clock, partitionCount: PARTITIONS, retryMs, onProblem };
  const directory = new ModelDirectory({ ...options, onFailure: (error) => registry.failures.push(error) });
  await directory.start();
  onTestFinished(() => directory.close());
  return { directory, problems };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the directory of models', () => {
  it('knows what was promoted before it came, and tells listeners what is promoted since', async () => {
    const registry = await newRegistry();
    const { administration } = registry;
    const [a, b] = [await stored(registry, weightsOf(1)), await stored(registry, weightsOf(2))];
    await administration.promote(a);
    const { directory } = await another(registry);
    expect(directory.current('lstm')).toEqual({ model: `lstm@${a}`, version: a, bytes: weightsOf(1) });
    const changes: (string | undefined)[] = [];
    directory.onChange((family) => changes.push(directory.current(family)?.version));
    await administration.promote(b);
    await until(() => changes.length === 1);
    await administration.rollBack();
    await until(() => changes.length === 2);
    expect(changes).toEqual([b, a]);
    expect(registry.failures).toEqual([]);
  });

  it('says who falls in when a model is rolled back, and that none is left', async () => {
    const registry = await newRegistry();
    const { administration } = registry;
    const [a, b] = [await stored(registry, weightsOf(1)), await stored(registry, weightsOf(2))];
    await administration.promote(a);
    await administration.promote(`lstm@${b}`);
    expect(await administration.rollBack()).toEqual({ rolledBack: `lstm@${b}`, inService: `lstm@${a}` });
    expect(await administration.rollBack()).toEqual({ rolledBack: `lstm@${a}`, inService: undefined });
    await expect(administration.rollBack()).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_MODEL' });
    expect(registry.directory.rollbacks).toBe(2);
  });

  it('refuses to promote a poisoned model by hand', async () => {
    const registry = await newRegistry();
    const version = await stored(registry, poisoned());
    await expect(registry.administration.promote(version)).rejects.toMatchObject({ code: 'SEQ_MODEL_INVALID' });
    expect(await said(registry)).toEqual([]);
    await expect(registry.administration.promote('00000000')).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_MODEL' });
  });

  it('rolls a poisoned model back for everybody where somebody promoted it all the same, and goes on with its predecessor', async () => {
    const registry = await newRegistry();
    const [well, bad] = [await stored(registry, weightsOf(1)), await stored(registry, poisoned())];
    await registry.administration.promote(well);
    const { directory, problems } = await another(registry);
    await registry.directory
      .say({ family: 'lstm', event: 'promoted', model: `lstm@${bad}`, trainedUntilMs: 0, because: 'a mistake' })
      .catch(() => 0);
    await until(() => directory.rollbacks > 0);
    await until(() => directory.current('lstm')?.version === well);
    expect(problems).toContain(`lstm@${bad}`);
    expect((await said(registry)).at(-1)).toMatchObject({
      event: 'rolled-back',
      model: `lstm@${bad}`,
      because: expect.stringContaining('NaN'),
    });
    expect((await registry.administration.list()).find((each) => each.version === bad)?.state).toBe('rolled-back');
  });

  it('goes on without a model whose files are damaged here, says so, and takes it back when they are mended', async () => {
    const registry = await newRegistry();
    const version = await stored(registry, weightsOf(1));
    await registry.administration.promote(version);
    const file = join(registry.dir, 'lstm', version, 'weights.bin');
    writeFileSync(file, 'cut');
    const { directory, problems } = await another(registry, 20);
    expect(directory.current('lstm')).toBeUndefined();
    expect(directory.problems()).toEqual([expect.stringContaining(`the model lstm@${version} is not used`)]);
    expect(problems).toContain(`lstm@${version}`);
    writeFileSync(file, weightsOf(1));
    await until(() => directory.current('lstm')?.version === version);
    expect(directory.problems()).toEqual([]);
    // Elsewhere the files were well: nobody rolled anything back.
    expect((await said(registry)).map(({ event }) => event)).toEqual(['promoted']);
  });

  it('falls back to the predecessor where a model is missing here', async () => {
    const registry = await newRegistry();
    const [a, b] = [await stored(registry, weightsOf(1)), await stored(registry, weightsOf(2))];
    await registry.administration.promote(a);
    await registry.administration.promote(b);
    rmSync(join(registry.dir, 'lstm', b), { recursive: true });
    const { directory } = await another(registry);
    expect(directory.current('lstm')?.version).toBe(a);
    expect(directory.problems()).toHaveLength(1);
  });
});

describe('the watch over the champion', () => {
  it('takes a model that does harm out of service, and says so in the log', async () => {
    const registry = await newRegistry();
    const version = await stored(registry, weightsOf(1));
    await registry.administration.promote(version);
    const errors: object[] = [];
    const standing = { stream: 's', demand: 1, weight: 0.5, theta: 9, loss: NaN, lossWithout: NaN, lossAlone: NaN };
    const watch = new RollbackWatch({
      families: ['lstm', 'unknown'],
      directory: registry.directory,
      standings: () => [standing],
      clock: registry.clock,
      logger: { ...SILENT, error: (details: object) => errors.push(details) } as never,
      onFailure: (error) => registry.failures.push(error),
    });
    await watch.look();
    registry.nowMs = NOW + 7_199_000;
    await watch.look();
    expect(registry.directory.current('lstm')?.version).toBe(version);
    registry.nowMs = NOW + 7_200_000;
    await watch.look();
    expect(registry.directory.current('lstm')).toBeUndefined();
    expect(errors).toMatchObject([{ model: `lstm@${version}`, because: expect.stringContaining('standard deviations') }]);
    expect((await said(registry)).at(-1)).toMatchObject({ event: 'rolled-back' });
  });
});
