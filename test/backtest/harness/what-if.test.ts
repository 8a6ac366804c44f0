import { describe, expect, test } from 'vitest';
import { Autonomy } from '../../../backtest/harness/autonomy.ts';
import { Outages } from '../../../backtest/harness/outages.ts';
import { seededRng } from '../../../core/rng.ts';

/** Asks each of both at some seconds of a random demand, and looks the answers up in the demand itself. */
describe('questions about the future', () => {
  const rng = seededRng(3);
  const seconds = 5_000;
  const demand = Float64Array.from({ length: seconds }, () =>
    rng.next() < 0.02 ? Math.floor(400 * rng.next()) : Math.floor(3 * rng.next()),
  );
  const totals = new Float64Array(seconds + 1);
  for (let i = 0; i < seconds; i++) totals[i + 1] = (totals[i] ?? 0) + (demand[i] ?? 0);
  const totalAt = (atS: number): number => {
    const whole = Math.floor(atS);
    return (totals[whole] ?? 0) + (demand[whole] ?? 0) * (atS - whole);
  };
  const asked = Array.from({ length: Math.floor(seconds / 61) }, (_, i) => ({
    second: i * 61,
    onHand: Math.floor(4_000 * rng.next()) - 200,
  }));

  test('how long stock would have lasted is what the demand says', () => {
    const autonomy = new Autonomy();
    for (let second = 0; second < seconds; second++) {
      const question = asked.find((each) => each.second === second);
      if (question !== undefined) autonomy.ask(second, totals[second] ?? 0, question.onHand);
      autonomy.pass(second, totals[second] ?? 0, demand[second] ?? 0);
    }
    const meanRate = (totals[seconds] ?? 0) / seconds;
    const lasted = asked.map(({ second, onHand }) => {
      if (onHand <= 0) return 0;
      const gone = (totals[second] ?? 0) + onHand;
      const after = totals.findIndex((total) => total > gone);
      if (after < 0) return seconds - second + (gone - (totals[seconds] ?? 0)) / meanRate;
      return after - 1 - second + (gone - (totals[after - 1] ?? 0)) / (demand[after - 1] ?? 1);
    });
    const minutes = autonomy.minutes(seconds, totals[seconds] ?? 0, meanRate);
    expect(minutes.mean).toBeCloseTo(lasted.reduce((sum, each) => sum + each, 0) / lasted.length / 60, 6);
    expect(minutes.min).toBe(Math.min(...lasted) / 60);
  });

  test('stock that lasts longer than a day lasts a day, and is not kept in mind for longer', () => {
    const autonomy = new Autonomy();
    for (let second = 0; second < 600_000; second += 61) autonomy.ask(second, 0, 1);
    expect(autonomy.minutes(600_000, 0, 0)).toEqual({ mean: 1_440, min: 1_440 });
    expect((autonomy as unknown as { goneAt: number[] }).goneAt.length).toBeLessThan(5_000);
  });

  test('whether an outage would have been survived is what the demand says', () => {
    const outages = new Outages(90, 0.25);
    for (let second = 0; second < seconds; second++) {
      const question = asked.find((each) => each.second === second);
      if (question !== undefined) outages.ask(second, totals[second] ?? 0, question.onHand);
      outages.pass(second, totals[second] ?? 0, demand[second] ?? 0);
    }
    const known = asked.filter(({ second }) => second + 90.25 <= seconds);
    const wanted = known.map(({ second }) => totalAt(second + 90.25) - (totals[second] ?? 0));
    const survived = known.filter(({ onHand }, i) => onHand >= (wanted[i] ?? 0)).length;
    const lacked = known.reduce((sum, { onHand }, i) => sum + Math.max(0, (wanted[i] ?? 0) - Math.max(0, onHand)), 0);
    const result = outages.result();
    expect(result).toMatchObject({ outageS: 90, asked: known.length, survived });
    expect(result.stalledShare).toBeCloseTo(lacked / wanted.reduce((sum, each) => sum + each, 0), 9);
    expect(survived).toBeGreaterThan(20);
    expect(survived).toBeLessThan(known.length - 10);
  });
});
