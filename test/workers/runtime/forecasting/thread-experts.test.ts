/** Fitted models in a real thread: their answers, what happens to a model that is no good, and to a thread that is lost. Needs a build. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FittedForecaster, SeriesHistory } from '../../../../models/contract.ts';
import { LstmForecaster } from '../../../../models/lstm/lstm-forecaster.ts';
import { LIVE_SPEC, type LstmSpec, trainingBinsMin } from '../../../../models/lstm/spec.ts';
import { EXPERT_PLANS } from '../../../../workers/runtime/forecasting/expert-plans.ts';
import type { Question } from '../../../../workers/runtime/forecasting/experts.ts';
import { ThreadExperts } from '../../../../workers/runtime/forecasting/thread-experts.ts';

/** As small as one can be: what is tested is its way through the thread. */
const SPEC: LstmSpec = { ...LIVE_SPEC, units: 4, contextBins: 8 };
const SECONDS_60 = 60_000;

function historyOf(key: string, bins: number, binMs: number, memory?: Float64Array): SeriesHistory {
  const demand = memory ?? new Float64Array(bins);
  for (let i = 0; i < bins; i++) demand[i] = 20 + 15 * Math.sin((2 * Math.PI * i * binMs) / 86_400_000) + (i % 5);
  return { key, binMs, startMs: 0, demand };
}

function questionOf(family: 'lstm' | 'ets', keys: readonly string[], fit = false): Question {
  const { binMs, grid, historyBins, seasonsBins = [] } = EXPERT_PLANS[family];
  const memory = new Float64Array(new SharedArrayBuffer(8 * keys.length * historyBins));
  const histories = keys.map((key, i) => {
    return historyOf(key, historyBins, binMs, memory.subarray(i * historyBins, (i + 1) * historyBins));
  });
  return { family, histories, grid, ...(fit && { fit: { seasonsBins, seed: 1 } }) };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2_000) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('an expert thread', { timeout: SECONDS_60 }, () => {
  let fitted: FittedForecaster;
  let problems: string[] = [];
  let experts: ThreadExperts;

  beforeAll(async () => {
    const history = historyOf('s/a/b', trainingBinsMin(SPEC) + 50, SPEC.binMs);
    const options = { seasonsBins: [1_440, 10_080], seed: 1, grid: EXPERT_PLANS.lstm.grid };
    const answer = await new LstmForecaster({ spec: SPEC, plan: { steps: 2, windows: 4 }, backend: 'cpu' }).fit([history], options);
    if ('refused' in answer) throw new Error(answer.detail);
    fitted = answer;
  }, SECONDS_60);

  afterEach(async () => {
    await experts.close();
  });

  function started(): ThreadExperts {
    problems = [];
    experts = new ThreadExperts({ onProblem: (problem) => problems.push(problem) });
    return experts;
  }

  test('says what the model says in this thread, of histories in memory that both share', async () => {
    const thread = started();
    thread.serve('lstm', { version: '11111111', bytes: fitted.save() });
    await until(() => thread.serving('lstm') === '11111111');
    const question = questionOf('lstm', ['s/a/b', 's/a/c']);
    const expected = await fitted.predict(questionOf('lstm', ['s/a/b', 's/a/c']).histories, question.grid);
    const { answers } = await thread.ask(question);
    expect(answers).toHaveLength(2);
    for (const [i, answer] of answers.entries()) {
      const here = expected[i];
      if ('refused' in answer || here === undefined || 'refused' in here) throw new Error('refused');
      expect(answer.originMs).toBe(here.originMs);
      answer.quantiles.forEach((value, at) => {
        expect(Math.abs(value / (here.quantiles[at] ?? NaN) - 1)).toBeLessThan(1e-3);
      });
    }
  });

  test('goes on with the model before, loudly, when another one is no good, and without any when it is withdrawn', async () => {
    const thread = started();
    const bytes = fitted.save();
    thread.serve('lstm', { version: '11111111', bytes });
    await until(() => thread.serving('lstm') === '11111111');
    thread.serve('lstm', { version: '22222222', bytes: bytes.map((byte, i) => (i % 7 === 0 ? byte ^ 255 : byte)) });
    await until(() => problems.length > 0);
    expect(thread.problems()).toEqual([expect.stringMatching(/lstm@22222222 is not used/)]);
    const { answers } = await thread.ask(questionOf('lstm', ['s/a/b']));
    expect(answers[0]).toHaveProperty('quantiles');
    thread.serve('lstm', undefined);
    expect([thread.serving('lstm'), thread.problems()]).toEqual([undefined, []]);
  });

  test('fits a stream by itself, and forecasts it again without another fit', async () => {
    const thread = started();
    const first = await thread.ask(questionOf('ets', ['s/a/b']));
    expect(first.answers[0]).toMatchObject({ refused: 'failed', detail: 'it was not fitted yet' });
    const fit = await thread.ask(questionOf('ets', ['s/a/b'], true));
    expect(fit.answers[0]).toHaveProperty('quantiles');
    const again = await thread.ask(questionOf('ets', ['s/a/b']));
    expect(again.answers).toEqual(fit.answers);
    expect(again.tookMs).toBeLessThan(fit.tookMs);
  });

  test('is started again after it was lost, with the model that should serve; who asked is told', async () => {
    const thread = started();
    thread.serve('lstm', { version: '11111111', bytes: fitted.save() });
    await until(() => thread.serving('lstm') !== undefined);
    const asked = thread.ask(questionOf('lstm', ['s/a/b']));
    await thread.loseThread();
    await expect(asked).rejects.toThrow('lost');
    expect([thread.lost, thread.serving('lstm')]).toEqual([1, undefined]);
    expect(problems).toHaveLength(1);
    const { answers } = await thread.ask(questionOf('lstm', ['s/a/b']));
    expect(answers[0]).toHaveProperty('quantiles');
    expect(thread.serving('lstm')).toBe('11111111');
  });

  test('does not hold up the thread that asks', async () => {
    const thread = started();
    await thread.ask(questionOf('ets', ['warm-up'], true));
    let longestMs = 0;
    let lastMs = performance.now();
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 5);
    await thread.ask(questionOf('ets', ['a', 'b', 'c', 'd', 'e', 'f'], true));
    clearInterval(timer);
    // Half of the time that the fits take in the other thread, however busy the machine is.
    const { tookMs } = await thread.ask(questionOf('ets', ['a', 'b', 'c', 'd', 'e', 'f'], true));
    expect(longestMs).toBeLessThan(Math.max(50, tookMs / 2));
  });
});
