/** Noise can be sent at all, and is as wild as it says. */
import { expect, test } from 'vitest';
import { decode } from '../../schemas/codec.ts';
import { Dice } from '../../simulator/dice.ts';
import { noise } from './faults/forecast-noise.ts';

test('a thousand forecasts of noise can be sent; some are no forecasts, because a number in them is not finite', () => {
  const dice = new Dice(1);
  let refused = 0;
  for (let sent = 0; sent < 1_000; sent++) {
    const bytes = noise('orders/chaos/web', dice);
    try {
      expect(decode(bytes).kind).toBe('Forecast');
    } catch (error) {
      expect(String(error)).toContain('not finite');
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(50);
  expect(refused).toBeLessThan(500);
});
