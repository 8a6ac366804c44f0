/** Whoever folds the topic of models knows which is in service, and which would be. */
import { describe, expect, it } from 'vitest';
import {
  type Champions,
  championOf,
  formerChampionOf,
  type ModelChange,
  modelsInLine,
  NO_CHAMPIONS,
  rollBackOf,
  withChange,
} from '../../../models/registry/champions.ts';
import { forgettable } from '../../../models/registry/retention.ts';

function folded(...said: readonly string[]): Champions {
  return said.reduce((champions, each, atMs) => {
    const event: ModelChange['event'] = each.startsWith('-') ? 'rolled-back' : 'promoted';
    return withChange(champions, { family: 'lstm', event, model: each.slice(1), trainedUntilMs: 0, because: each, atMs });
  }, NO_CHAMPIONS);
}

describe('the champions', () => {
  it('are nobody at first', () => {
    expect(championOf(NO_CHAMPIONS, 'lstm')).toBeUndefined();
  });

  it.each([
    [['+a', '+b'], 'b', 'a'],
    [['+a', '+b', '-b'], 'a', undefined],
    [['+a', '-a'], undefined, undefined],
    [['+a', '+b', '+c', '-b', '-c'], 'a', undefined],
    [['+a', '+b', '-b', '-b'], 'a', undefined],
    [['+a', '+b', '-b', '+b'], 'b', 'a'],
    [['+a', '+b', '+a'], 'a', 'b'],
    [['+a', '-x'], 'a', undefined],
  ] as const)('after %j are %s before %s', (said, champion, former) => {
    const champions = folded(...said);
    expect(championOf(champions, 'lstm')?.model).toBe(champion);
    expect(formerChampionOf(champions, 'lstm')?.model).toBe(former);
  });

  it('serve since they were promoted, also when that is said again', () => {
    const champion = championOf(folded('+a', '+a'), 'lstm');
    expect(champion).toMatchObject({ sinceMs: 0, saidAtMs: 1 });
  });

  it('keep in mind what was rolled back and why, until it is promoted again', () => {
    expect(rollBackOf(folded('+a', '-a'), 'lstm', 'a')?.because).toBe('-a');
    expect(rollBackOf(folded('+a', '-a', '+a'), 'lstm', 'a')).toBeUndefined();
  });

  it('are of a family each', () => {
    const two = withChange(folded('+a'), { family: 'other', event: 'promoted', model: 'o', trainedUntilMs: 0, because: '', atMs: 9 });
    expect(championOf(two, 'lstm')?.model).toBe('a');
    expect([...modelsInLine(two)].sort()).toEqual(['a', 'o']);
  });

  it('are remembered a few back, however many there were', () => {
    const many = folded(...Array.from({ length: 200 }, (_, index) => `+m${index}`), ...Array.from({ length: 200 }, (_, i) => `-x${i}`));
    expect(modelsInLine(many).size).toBeLessThan(16);
    expect(championOf(many, 'lstm')?.model).toBe('m199');
  });
});

describe('a store', () => {
  it('need not keep old models, except those that are in service or may be again', () => {
    const models = Array.from({ length: 6 }, (_, index) => ({ family: 'lstm', version: `0000000${index}`, madeAtMs: index }));
    expect(forgettable(models, new Set(['lstm@00000000']), 2).map(({ version }) => version)).toEqual(['00000003', '00000002', '00000001']);
    expect(forgettable([...models, { family: 'ets', version: '0000000a', madeAtMs: 0 }], new Set(), 6)).toEqual([]);
  });
});
