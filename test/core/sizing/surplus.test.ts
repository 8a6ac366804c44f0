import { describe, expect, test } from 'vitest';
import { RETURN_INTERVAL_MS, type SurplusInput, surplus } from '../../../core/sizing/surplus.ts';

const over = (input: Partial<SurplusInput>): number =>
  surplus({ stock: 1_000, waiting: 0, onOrder: 0, reorderPoint: 100, orderSize: 50, sinceLastReturnMs: RETURN_INTERVAL_MS, ...input });

describe('a surplus', () => {
  test('is what lies above reorder point and order size', () => {
    expect(over({})).toBe(850);
    expect(over({ orderSize: 50.5 })).toBe(849);
  });

  test('is ordinary scatter up to two order sizes or a quarter of the reserve, whichever is more', () => {
    expect(over({ stock: 250 })).toBe(0);
    expect(over({ stock: 251 })).toBe(101);
    expect(over({ stock: 1_050 + 250, reorderPoint: 1_000 })).toBe(0);
    expect(over({ stock: 1_050 + 251, reorderPoint: 1_000 })).toBe(251);
  });

  test('is not given back while anything is on its way, or anybody waits', () => {
    expect(over({ onOrder: 1 })).toBe(0);
    expect(over({ waiting: 1 })).toBe(0);
  });

  test('is given back at most once a minute', () => {
    expect(over({ sinceLastReturnMs: RETURN_INTERVAL_MS - 1 })).toBe(0);
  });
});
