import { expect, test } from 'vitest';
import { staticStep } from '../../../backtest/rivals/static-step.ts';

const inUse = { nowMs: 0, blockSize: 100_000, blockLeft: 79_999, hasNext: false, isFetching: false };

test('a static step fetches the same again when more than a fifth of the block is used', () => {
  expect(staticStep().fetch(inUse)).toBe(100_000);
  expect(staticStep().fetch({ ...inUse, blockLeft: 80_000 })).toBe(0);
});

test('a static step fetches when it has nothing at all', () => {
  expect(staticStep(500, 0.5).fetch({ ...inUse, blockSize: 0, blockLeft: 0 })).toBe(500);
});

test('a static step waits for the block that is on its way', () => {
  expect(staticStep().fetch({ ...inUse, isFetching: true })).toBe(0);
  expect(staticStep().fetch({ ...inUse, hasNext: true })).toBe(0);
});
