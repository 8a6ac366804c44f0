/** What a job was told decides what it does, however often it runs. */
import { describe, expect, it } from 'vitest';
import { planOf } from '../../../../workers/runtime/training/training-plan.ts';

const DAY = 86_400_000;
const NOW = 100 * DAY;

describe('the plan of a training', () => {
  it('keeps the last week back, and the last fifth of a short history', () => {
    const plan = planOf({ untilMs: NOW }, { nowMs: NOW + 5_000, champion: undefined });
    expect(plan.dataUntilMs).toBe(NOW - 120_000);
    expect(plan.split(NOW - 60 * DAY)?.trainedUntilMs).toBe(NOW - 120_000 - 7 * DAY);
    const short = plan.split(plan.dataUntilMs - 5 * DAY);
    expect(short?.trainedUntilMs).toBe(plan.dataUntilMs - DAY);
  });

  it('keeps the newest day back where a model is tuned', () => {
    const plan = planOf({ kind: 'fine-tune', untilMs: NOW }, { nowMs: NOW, champion: { trainedUntilMs: 0 } });
    expect([plan.kind, plan.steps]).toEqual(['fine-tune', 150]);
    expect(plan.split(NOW - 60 * DAY)?.trainedUntilMs).toBe(plan.dataUntilMs - DAY);
  });

  it('scores only what the champion has not seen either', () => {
    const plan = planOf({ untilMs: NOW }, { nowMs: NOW, champion: { trainedUntilMs: NOW - 2 * DAY } });
    expect(plan.split(NOW - 60 * DAY)?.scoredFromMs).toBe(NOW - 2 * DAY);
  });

  it('is the same whenever the job runs again', () => {
    const [first, again] = [NOW, NOW + 3_600_000].map((nowMs) =>
      planOf({ untilMs: NOW, steps: 7, seed: 3 }, { nowMs, champion: undefined }),
    );
    expect([again?.dataUntilMs, again?.steps, again?.seed]).toEqual([first?.dataUntilMs, 7, 3]);
  });

  it('has nothing to split in less than two days', () => {
    const plan = planOf({}, { nowMs: NOW, champion: undefined });
    expect(plan.split(plan.dataUntilMs - 2 * DAY + 1)).toBeUndefined();
    expect(plan.split(plan.dataUntilMs - 2 * DAY)).toBeDefined();
  });

  it('trains for serving, and small and quick only where it is told so', () => {
    const steps = (preset?: string) => planOf({ preset }, { nowMs: NOW, champion: undefined });
    expect([steps().preset, steps().steps]).toEqual(['live', 2_000]);
    expect([steps('demo').preset, steps('demo').steps]).toEqual(['demo', 300]);
  });

  it.each([{ kind: 'half' }, { preset: 'tiny' }, { steps: 0 }, { steps: 1.5 }, { steps: 20_001 }, { steps: '7' }, { seed: -1 }])(
    'refuses %j',
    (data) => {
      expect(() => planOf(data, { nowMs: NOW, champion: undefined })).toThrow(expect.objectContaining({ code: 'SEQ_INVALID_REQUEST' }));
    },
  );
});
