/**
 * A model from the command line to service, in real processes: trained on recorded demand, killed with kill -9 on the way, gone on with,
 * shown, promoted; and a poisoned one that nobody can put into service.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordDemand } from './recorded-demand.ts';
import { type Server, scratchDirectory, seqcast, startServer } from './server.ts';

/** Enough that a kill after the first checkpoint comes before the last step. */
const STEPS = 14;

interface Model {
  readonly model: string;
  readonly version: string;
  readonly state: string;
  readonly because: string;
}

async function asked<T>(server: Server, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await seqcast(...args, '--url', server.url, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What the running training says of itself, once it has a checkpoint. */
async function noted(server: Server, job: string): Promise<string> {
  return until(async () => {
    const { note } = (await (await fetch(`${server.url}/v1/jobs/${job}`)).json()) as { note?: string };
    return note;
  });
}

/** A model whose checksums are all right, and one of whose weights is no number. */
function poison(modelsDir: string, version: string): string {
  const directory = join(modelsDir, 'lstm', version);
  const weights = readFileSync(join(directory, 'weights.bin'));
  const from = 8 + weights.readUInt32LE(4);
  const before = createHash('sha256').update(weights.subarray(from)).digest('hex');
  weights.writeFloatLE(Number.NaN, from);
  const after = createHash('sha256').update(weights.subarray(from)).digest('hex');
  weights.write(after, weights.indexOf(before), 'latin1');
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const poisoned = sha256.slice(0, 8);
  const card = JSON.parse(readFileSync(join(directory, 'card.json'), 'utf8')) as object;
  mkdirSync(join(modelsDir, 'lstm', poisoned));
  writeFileSync(join(modelsDir, 'lstm', poisoned, 'weights.bin'), weights);
  writeFileSync(join(modelsDir, 'lstm', poisoned, 'card.json'), JSON.stringify({ ...card, version: poisoned, sha256 }));
  return poisoned;
}

describe('a training', () => {
  test('killed with kill -9 goes on from its checkpoint, and its model serves until it is rolled back', { timeout: 180_000 }, async () => {
    const dataDir = scratchDirectory();
    const modelsDir = join(dataDir, 'models');
    await recordDemand(dataDir, ['orders/web/checkout', 'orders/batch/nightly'], 3);
    const first = await startServer(dataDir);
    const { job } = await asked<{ job: string }>(first, 'train', '--steps', String(STEPS));
    expect(await noted(first, job)).toMatch(new RegExp(`^step \\d+ of ${STEPS}, loss 0\\.\\d+, \\d+ s to go$`));
    await first.end('SIGKILL');
    expect(readdirSync(join(modelsDir, 'checkpoints'))).toHaveLength(1);
    expect(existsSync(join(modelsDir, 'lstm'))).toBe(false);

    const server = await startServer(dataDir);
    type Ended = { state: string; attempt: number; result: { trained: boolean; model: string; promoted: boolean } };
    const ended = await until(async () => {
      const view = (await (await fetch(`${server.url}/v1/jobs/${job}`)).json()) as Ended;
      return view.state === 'done' || view.state === 'dead' ? view : undefined;
    });
    expect(ended).toMatchObject({ state: 'done', attempt: 2, result: { trained: true } });
    expect(server.output()).not.toContain('begins again');
    expect(server.output()).toContain('a training ended');
    expect(readdirSync(join(modelsDir, 'checkpoints'))).toEqual([]);

    const { model } = ended.result;
    const { models } = await asked<{ models: readonly Model[] }>(server, 'models', 'list');
    expect(models.map((each) => each.model)).toEqual([model]);
    const shown = await seqcast('models', 'show', model, '--url', server.url);
    expect(shown.stdout).toContain(`| training | full, ${STEPS} steps, seed 1 |`);
    expect(shown.stdout).toContain(`| ${STEPS} | 0.`);
    expect(await asked<Model>(server, 'models', 'promote', model)).toMatchObject({ model, state: 'champion' });

    const poisoned = poison(modelsDir, models[0]?.version ?? '');
    const refused = await seqcast('models', 'promote', poisoned, '--url', server.url);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^SEQ_MODEL_INVALID: .*NaN/)]);
    const after = await asked<{ models: readonly Model[] }>(server, 'models', 'list');
    expect(after.models.find(({ state }) => state === 'champion')?.model).toBe(model);

    expect(await asked(server, 'models', 'rollback')).toEqual({ rolledBack: model });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('seqcast_model_rollbacks_total 1');
    expect(await (await fetch(`${server.url}/readyz`)).json()).toMatchObject({ ready: true });
    expect(await server.end('SIGTERM')).toBe(0);
  });
});
