/** The promotion gate lets through what is better by more than chance, for everybody. */
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../core/rng.ts';
import { judged, type Score } from '../../../models/registry/gate.ts';
import { improvementOf } from '../../../models/registry/paired-bootstrap.ts';

interface Case {
  /** The challenger's losses as a share of the rival's, by class. */
  readonly shares?: Readonly<Record<string, number>>;
  readonly noise?: number;
  readonly blocks?: number;
  readonly covered?: number;
  readonly champion?: string;
}

function evaluated({ shares = { web: 0.9 }, noise = 0.05, blocks = 20, covered = 0.95, champion }: Case) {
  const rng = seededRng(1);
  const scores: Score[] = [];
  for (let block = 0; block < blocks; block++) {
    for (const [name, share] of Object.entries(shares)) {
      for (let stream = 0; stream < 4; stream++) {
        const rival = 0.5 + rng.next();
        const challenger = rival * (share + noise * (rng.next() - 0.5));
        const atMost = Math.round(covered * 1_000);
        const losses = { challenger, champion: champion === undefined ? NaN : rival, baselines: { naive: rival, worse: 3 * rival } };
        scores.push({ stream: `orders/${name}/${stream}`, class: name, block, ...losses, below: atMost, atMost, outcomes: 1_000 });
      }
    }
  }
  return judged({ scores, fromMs: 0, untilMs: 1, leftOut: 0, champion });
}

describe('the gate', () => {
  it('promotes a challenger that saves more than chance, and says how much', () => {
    const { verdict, improvement, rival } = evaluated({ champion: 'lstm@00000000' });
    expect(verdict.promote).toBe(true);
    expect(verdict.because).toMatch(/^it saves (9|10)\.\d % against the champion lstm@00000000/);
    expect(improvement.low).toBeGreaterThan(0);
    expect(rival).toBe('the champion lstm@00000000');
  });

  it('measures against the best baseline where there is no champion', () => {
    const summary = evaluated({});
    expect(summary.rival).toBe('naive');
    expect(summary.losses.champion).toBeNull();
    expect(summary.verdict.promote).toBe(true);
    expect(evaluated({ shares: { web: 1.5 } }).verdict.promote).toBe(false);
  });

  it('keeps the champion where less than one percent is saved, however sure that is', () => {
    const { verdict } = evaluated({ shares: { web: 0.995 }, noise: 0.0001, champion: 'a' });
    expect(verdict).toMatchObject({ promote: false, because: expect.stringContaining('at least 1.0 % are needed') });
  });

  it('keeps the champion where what is saved may be chance', () => {
    const { verdict, improvement } = evaluated({ shares: { web: 0.97 }, noise: 1.9, blocks: 6, champion: 'a' });
    expect(improvement.share).toBeGreaterThan(0.01);
    expect(verdict).toMatchObject({ promote: false, because: expect.stringContaining('chance') });
  });

  it('refuses to judge by too few stretches of time', () => {
    expect(evaluated({ blocks: 4 }).verdict).toMatchObject({ promote: false, because: expect.stringContaining('only 4 stretches') });
    expect(evaluated({ blocks: 0 }).verdict).toMatchObject({ promote: false, because: expect.stringContaining('too short') });
  });

  it.each([
    [0.92, false],
    [0.935, true],
    [0.965, true],
    [0.98, false],
  ])('with %f covered at .95 promotes: %s', (covered, promote) => {
    const { verdict } = evaluated({ covered });
    expect(verdict.promote).toBe(promote);
    if (!promote) expect(verdict.because).toContain('.95 quantile covers');
  });

  it('lets no kind of caller pay for the others', () => {
    const { verdict, classes } = evaluated({ shares: { api: 0.5, web: 1.2 } });
    expect(classes.map((each) => each.class)).toEqual(['api', 'web']);
    expect(verdict).toMatchObject({ promote: false, because: expect.stringContaining('callers of type web') });
    expect(evaluated({ shares: { api: 0.5, web: 1.05 } }).verdict.promote).toBe(true);
  });

  it('does not judge a kind of caller by a few forecasts', () => {
    const { verdict, classes } = evaluated({ shares: { api: 0.5, web: 1.2 }, blocks: 5 });
    expect(classes.map(({ isJudged }) => isJudged)).toEqual([false, false]);
    expect(verdict.promote).toBe(true);
  });

  it('gives the same verdict for the same scores', () => {
    expect(evaluated({ noise: 0.5 })).toEqual(evaluated({ noise: 0.5 }));
  });

  it('refuses what is not finite', () => {
    expect(evaluated({ shares: { web: NaN } }).verdict.promote).toBe(false);
    expect(evaluated({ shares: { web: Infinity } }).verdict.promote).toBe(false);
  });
});

describe('the bootstrap', () => {
  it('gives an interval around what is saved, wider for fewer blocks', () => {
    const blocks = (count: number) => {
      const rng = seededRng(7);
      return Array.from({ length: count }, () => ({ challenger: 0.8 + 0.4 * rng.next(), rival: 1 + 0.4 * rng.next() }));
    };
    const [few, many] = [improvementOf(blocks(8), seededRng(1)), improvementOf(blocks(400), seededRng(1))];
    for (const { share, low, high } of [few, many]) expect(low <= share && share <= high).toBe(true);
    expect(few.high - few.low).toBeGreaterThan(3 * (many.high - many.low));
  });

  it('finds nothing saved where nothing was lost', () => {
    expect(improvementOf([{ challenger: 0, rival: 0 }], seededRng(1))).toEqual({ share: 0, low: 0, high: 0 });
  });
});
