import { describe, expect, test } from 'vitest';
import { isLegal, moveTo, type ShardState } from '../../../core/stock/shard-states.ts';

const STATES: readonly ShardState[] = ['loaded', 'serving', 'exhausted', 'revoked', 'forgotten'];
const LEGAL = new Set([
  'loaded serving',
  'loaded exhausted',
  'loaded revoked',
  'serving exhausted',
  'serving revoked',
  'exhausted serving',
  'exhausted revoked',
  'revoked forgotten',
]);

describe('the states of a shard', () => {
  for (const from of STATES) {
    for (const to of STATES.filter((each) => each !== from)) {
      const legal = LEGAL.has(`${from} ${to}`);
      test(`${legal ? 'go' : 'do not go'} from ${from} to ${to}`, () => {
        const shard = { state: from };
        expect(isLegal(from, to)).toBe(legal);
        if (!legal) expect(() => moveTo(shard, to)).toThrow(`a shard cannot go from ${from} to ${to}`);
        else moveTo(shard, to);
        expect(shard.state).toBe(legal ? to : from);
      });
    }
  }

  test('may stay what they are', () => {
    for (const state of STATES) {
      const shard = { state };
      moveTo(shard, state);
      expect(shard.state).toBe(state);
    }
  });
});
