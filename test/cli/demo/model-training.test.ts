/** The demo's own model: asked for when its days are over, followed without waiting, and shown with what the gate found. */
import { describe, expect, it } from 'vitest';
import { modelLines, modelParagraph } from '../../../cli/demo/model-text.ts';
import { DemoModel } from '../../../cli/demo/model-training.ts';
import type { JobView } from '../../../pipelines/ports.ts';
import type { SeqcastService } from '../../../workers/runtime/service/service.ts';

const DAY_MS = 86_400_000;
const SPEED_UP = 3_600;
const STREAM = 'nasa-demo/x50/nasa';
const MODEL = 'lstm@3f2a90c1';
const BECAUSE = 'it saves 20.8 % against ewma-ratio@1 (90 % interval 11.6 % to 29.3 %) and covers 96.7 % at .95';
const EVALUATION = {
  fromMs: 0,
  untilMs: 2 * DAY_MS,
  losses: { challenger: 0.0761, champion: null, baselines: { 'ewma-ratio@1': 0.0962 } },
  rival: 'ewma-ratio@1',
  improvement: { share: 0.208, low: 0.116, high: 0.293 },
  coverage: { share: 0.967, error: 0.017 },
};

function setUp() {
  const told = {
    asked: [] as unknown[],
    job: { state: 'running', note: 'step 5 of 150, loss 0.12, 9 s to go' } as Partial<JobView>,
    weight: 0,
  };
  const service = {
    train: async (order: unknown) => {
      told.asked.push(order);
      return { job: 'train-1' };
    },
    job: async () => told.job,
    model: async () => ({ card: { training: { tookMs: 24_000 }, evaluation: EVALUATION } }),
    explain: () => {
      if (told.weight === 0) throw new Error('it never got a shard');
      return { experts: [{ expert: MODEL, weight: told.weight }] };
    },
  };
  const model = new DemoModel({ service: service as unknown as SeqcastService, speedUp: SPEED_UP });
  const look = async (day: number): Promise<void> => {
    model.look(day * DAY_MS, [STREAM]);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { model, told, look, lines: () => modelLines(model.progress).join('\n') };
}

describe('the model of the demo', () => {
  it('is trained by the server when the first twelve days are over, and not before', async () => {
    const { told, look, lines } = setUp();
    await look(11.9);
    expect(told.asked).toEqual([]);
    expect(lines()).toContain('after day 12 the server trains one');
    await look(12);
    expect(told.asked).toEqual([{ kind: 'full', preset: 'demo', seed: 1, sequences: ['nasa-demo'] }]);
    await look(12.2);
    expect(lines()).toContain('training on the first 12 days: step 5 of 150');
    expect(told.asked).toHaveLength(1);
  });

  it('is shown with the verdict of the gate, its scores and its weight in each mixture', async () => {
    const { model, told, look, lines } = setUp();
    for (const day of [12, 12.2]) await look(day);
    told.job = { state: 'done', result: { trained: true, model: MODEL, promoted: true, because: BECAUSE } };
    await look(12.5);
    told.weight = 0.1;
    await look(13);
    told.weight = 0.3;
    await look(14);
    expect(lines()).toBe(
      `model: ${MODEL}, made in 24 s, passed the gate on day 12.5: 0.076, ewma-ratio@1 0.096 (-21 %)\n  its weight in the mixtures: x50 30 %`,
    );
    for (const line of modelLines(model.progress)) expect([...line].length).toBeLessThanOrEqual(100);
    const paragraph = modelParagraph(model.progress).join('\n');
    expect(paragraph).toContain(`trained ${MODEL} on the first 12 days in 24 s, asked on day 12.0, judged on day 12.5`);
    expect(paragraph).toContain(`Promoted: ${BECAUSE}.`);
    expect(paragraph).toContain('x50 30 % (mean 20 %)');
  });

  it('that the gate refused is said to be refused, and why', async () => {
    const { told, look, lines, model } = setUp();
    told.job = { state: 'done', result: { trained: true, model: MODEL, promoted: false, because: 'it saves 0.4 %, which may be chance' } };
    for (const day of [12, 12.2]) await look(day);
    expect(lines()).toBe(`model: ${MODEL} was trained in 24 s and refused by the gate:\n  it saves 0.4 %, which may be chance`);
    expect(modelParagraph(model.progress).join('\n')).toContain('Refused: it saves 0.4 %');
  });

  it('that could not be trained is said and ends nothing', async () => {
    const { told, look, lines } = setUp();
    told.job = { state: 'dead', error: 'the training failed: its thread ended with 1' };
    for (const day of [12, 12.2, 12.4]) await look(day);
    expect(lines()).toBe('model: none was trained: the training failed: its thread ended with 1');
  });
});
