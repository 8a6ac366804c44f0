/** Rounds in which fitted models are asked: whom about what, and what of their answers is said in the log. */
import { describe, expect, test } from 'vitest';
import { EXPERT_PLANS } from '../../../../workers/runtime/forecasting/expert-plans.ts';
import { minuteLater, refresherOf, steady, streamWith } from './stand-ins.ts';

describe('a round', () => {
  test('says what the model in service expects of a stream, in its partition, and the fold takes it in', async () => {
    const stream = streamWith('s/a/b', 40, undefined, 3);
    const { refresher, appended } = refresherOf([stream]);
    await refresher.refresh();
    expect(appended).toHaveLength(1);
    const [{ partition, forecast } = { partition: -1, forecast: undefined }] = appended;
    expect(partition).toBe(3);
    expect(forecast).toMatchObject({ stream: 's/a/b', family: 'lstm', model: 'lstm@3f2a90c1', originMs: stream.model.cutoffMs });
    // Leads up to the ride-through and as long as it is good, and no longer ones.
    expect(forecast?.leadsMs).toEqual([1, 2, 3, 5, 10].map((minutes) => minutes * 60_000));
    expect(forecast === undefined ? 'nothing' : stream.model.hear(forecast)).toBeUndefined();
    expect(stream.model.trust.find(({ expert }) => expert === 'lstm@3f2a90c1')?.weight).toBeGreaterThan(0);
  });

  test('asks about busy streams each time and about quiet ones each fifth time, and never twice about the same minute', async () => {
    const streams = [streamWith('s/busy/x', 40), ...'abcde'.split('').map((name) => streamWith(`s/quiet/${name}`, 0))];
    const { refresher, experts } = refresherOf(streams);
    for (let round = 0; round < 10; round++) {
      await refresher.refresh();
      for (const each of streams) minuteLater([each], each.stream.includes('busy') ? 40 : 0);
    }
    await refresher.refresh();
    const asked = experts.keysAsked('lstm');
    expect(asked.filter((key) => key === 's/busy/x')).toHaveLength(11);
    for (const { stream } of streams.slice(1)) expect(asked.filter((key) => key === stream).length, stream).toBeOneOf([2, 3]);
    experts.asked.length = 0;
    for (let round = 0; round < 5; round++) await refresher.refresh();
    expect(experts.keysAsked('lstm').filter((key) => key === 's/busy/x')).toEqual([]);
  });

  test('leaves streams alone that have too short a past, or no horizon that a model of minutes could speak of', async () => {
    const young = streamWith('s/young/x', 40, 8_640);
    const short = streamWith('s/short/x', 40);
    short.model.watch([500]);
    const { refresher, experts } = refresherOf([young, short]);
    await refresher.refresh();
    expect(experts.asked).toEqual([]);
  });

  test('shows a model the minutes, the outages and the announced bursts of a stream', async () => {
    const burst = { kind: 'BurstDeclared', stream: 's/a/b', rate: 50, fromMs: 1, untilMs: 2 } as const;
    const stream = { ...streamWith('s/a/b', 40), bursts: [burst] };
    stream.model.missed(stream.model.cutoffMs - 120_000, stream.model.cutoffMs - 60_000);
    const { refresher, experts } = refresherOf([stream]);
    await refresher.refresh();
    const [history] = experts.asked[0]?.histories ?? [];
    expect(history).toMatchObject({
      key: 's/a/b',
      clientType: 'a',
      service: 'b',
      binMs: 60_000,
      announced: [{ fromMs: 1, untilMs: 2, rate: 50 }],
    });
    expect(history?.demand).toHaveLength(2 * 1_440);
    expect(history?.demand.at(-1)).toBe(6 * 41);
    expect([...(history?.outages?.slice(-3) ?? [])]).toEqual([0, 1, 0]);
  });

  test('lets whoever waits go first while it reads the past of many streams', async () => {
    let nowMs = 0;
    const streams = Array.from({ length: 40 }, (_, i) => streamWith(`s/a/${i}`, 40, 1_600 * 6));
    const { refresher, pauses } = refresherOf(streams, { monotonicMs: () => nowMs++ });
    await refresher.refresh();
    expect(pauses.count).toBeGreaterThan(3);
  });
});

describe('an answer that would do harm', () => {
  test.each([
    ['a refusal', { model: 'lstm@1', refused: 'too-short', detail: '' } as const, 'too-short'],
    ['not a number', NaN, 'not-finite'],
    ['negative', -1, 'negative'],
    ['falling', 0, 'not-monotone'],
  ])('is counted and not said: %s', async (_, wrong, reason) => {
    const { refresher, experts, appended } = refresherOf([streamWith('s/a/b', 40)]);
    experts.answerOf = (history, question) => {
      const answer = steady(history, question);
      if (typeof wrong !== 'number') return wrong;
      if ('quantiles' in answer) answer.quantiles[1] = wrong;
      return answer;
    };
    await refresher.refresh();
    expect(appended).toEqual([]);
    expect([...refresher.refused]).toEqual([[reason, 1]]);
  });

  test('is not said for a partition that was let go meanwhile', async () => {
    const { refresher, experts, appended, followed } = refresherOf([streamWith('s/a/b', 40)]);
    experts.onAsk = () => followed.clear();
    await refresher.refresh();
    expect(appended).toEqual([]);
  });

  test('of models that are lost ends the round, and the next one asks again', async () => {
    const { refresher, experts, appended } = refresherOf([streamWith('s/a/b', 40)]);
    experts.onAsk = () => {
      throw new Error('the thread was lost');
    };
    await refresher.refresh();
    expect([refresher.failures, appended.length]).toEqual([1, 0]);
    experts.onAsk = () => undefined;
    await refresher.refresh();
    expect([refresher.failures, appended.length]).toEqual([1, 1]);
  });
});

describe('a model that takes over', () => {
  test('is served as soon as it is heard of, and none when it is withdrawn', async () => {
    const stream = streamWith('s/a/b', 40);
    const { refresher, experts, models, appended } = refresherOf([stream]);
    models.change({ version: '00000002', bytes: new Uint8Array(2) });
    await refresher.refresh();
    expect(experts.served.map((each) => each?.version)).toEqual(['3f2a90c1', '00000002']);
    expect(appended.at(-1)?.forecast.model).toBe('lstm@00000002');
    models.change(undefined);
    minuteLater([stream], 40);
    await refresher.refresh();
    expect(experts.served.at(-1)).toBeUndefined();
    expect(appended).toHaveLength(1);
  });
});

describe('models that are fitted to one stream', () => {
  const past = (EXPERT_PLANS.ets.historyBinsMin + 2) * 30;

  test('are fitted where most is lost first, as many as the budget pays for, and asked again when a bin has ended', async () => {
    let nowMs = 0;
    const streams = [streamWith('s/calm/x', 40, past), streamWith('s/wild/x', 40, past)];
    const [calm, wild] = streams.map(({ model }) => model);
    for (let bin = 0; bin < 90; bin++) {
      calm?.observe(calm.cutoffMs, 41, 5);
      wild?.observe(wild.cutoffMs, bin % 30 === 0 ? 9_000 : 5, 900);
    }
    expect(wild?.regret).toBeGreaterThan(calm?.regret ?? Infinity);
    const { refresher, experts, appended, models } = refresherOf(streams, {
      monotonicMs: () => nowMs,
      fitMsPerHour: 3 * 3_600_000 * (100 / 60_000),
    });
    models.change(undefined);
    // A family's share pays for one fit in a minute.
    await refresher.refresh();
    expect(experts.keysAsked('ets')).toEqual(['s/wild/x']);
    expect(experts.asked[0]?.fit).toEqual({ seasonsBins: [288], seed: 1 });
    expect(appended.map(({ forecast }) => forecast.model)).toEqual(['ets@stand-in']);
    nowMs += 60_000;
    for (let minute = 0; minute < 5; minute++) minuteLater(streams, 40);
    await refresher.refresh();
    expect(experts.keysAsked('ets')).toEqual(['s/wild/x', 's/wild/x', 's/calm/x']);
    expect(experts.asked[1]?.fit).toBeUndefined();
  });

  test('are not tried again for hours where they refuse a stream', async () => {
    let nowMs = 0;
    const stream = streamWith('s/a/b', 40, past);
    const { refresher, experts, models } = refresherOf([stream], { monotonicMs: () => nowMs, fitMsPerHour: 3_600_000 });
    models.change(undefined);
    experts.answerOf = () => ({ model: 'ets@1', refused: 'no-variation', detail: 'always the same' });
    for (let round = 0; round < 30; round++) {
      await refresher.refresh();
      minuteLater([stream], 40);
      nowMs += 60_000;
    }
    expect(experts.keysAsked('ets')).toHaveLength(1);
  });
});
