/**
 * The LSTM on TensorFlow's own library, against WebAssembly. Where the optional package does not install, build it with
 * `tsx scripts/build-tfjs-node.ts` and set `SEQCAST_TFJS_NODE` to what that prints; without it these tests are skipped.
 */
import { describe, expect, test, vi } from 'vitest';
import { type BackendChoice, startBackend } from '../../../models/lstm/backend.ts';
import { LstmInference } from '../../../models/lstm/inference.ts';
import { trainModel } from '../../../models/lstm/model-training.ts';
import { LstmNetwork } from '../../../models/lstm/network.ts';
import { FULL_PLAN } from '../../../models/lstm/plan.ts';
import { SMALL_SPEC, THREE_LEVELS } from './series.ts';

const NODE_PACKAGE = process.env.SEQCAST_TFJS_NODE;
/** Two libraries add up in another order; more than this would be another computation. */
const TOLERANCE = 1e-4;

vi.setConfig({ testTimeout: 60_000 });

async function trainedAndAsked(backend: BackendChoice): Promise<{ name: string; parameters: Float32Array; said: number[] }> {
  const plan = { ...FULL_PLAN, steps: 12, windows: 16 };
  const end = await trainModel(THREE_LEVELS, { spec: SMALL_SPEC, seeds: [1], plan, backend, watch: { nowMs: () => 0 } });
  if (end.kind !== 'trained') throw new Error('it was not to stop');
  const parameters = end.weights.members[0] as Float32Array;
  const { name } = await startBackend(backend);
  const network = new LstmNetwork(SMALL_SPEC);
  network.assign(parameters);
  const said = new LstmInference(SMALL_SPEC, [network]).predict(THREE_LEVELS).flatMap((quantiles) => [...(quantiles ?? [])]);
  network.dispose();
  return { name, parameters, said };
}

describe.skipIf(NODE_PACKAGE === undefined)("the LSTM on TensorFlow's own library", () => {
  test('learns and says what it does on WebAssembly, within one in ten thousand', async () => {
    const wasm = await trainedAndAsked('wasm');
    const node = await trainedAndAsked({ nodePackage: NODE_PACKAGE ?? '' });
    expect([wasm.name, node.name]).toEqual(['wasm', 'node']);
    expect(node.said.length).toBeGreaterThan(0);
    for (const [i, value] of wasm.said.entries()) {
      expect(Math.abs((node.said[i] ?? NaN) - value)).toBeLessThan(TOLERANCE * Math.max(1, value));
    }
    const farthest = wasm.parameters.reduce((most, value, i) => Math.max(most, Math.abs(value - (node.parameters[i] ?? NaN))), 0);
    expect(farthest).toBeLessThan(TOLERANCE);
  });
});
