/** A model leaves service where it does harm for hours, and not for a burst. */
import { describe, expect, it } from 'vitest';
import {
  ALONE_FOR_MS,
  type LiveStanding,
  LOSS_FOR_MS,
  type RollbackState,
  THETA_FOR_MS,
  watched,
} from '../../../models/registry/rollback.ts';

const MINUTE_MS = 60_000;
const WELL: LiveStanding = { stream: 'a', demand: 10, weight: 0.4, theta: 0.5, loss: 1, lossWithout: 1, lossAlone: 1.3 };

/** Why it was rolled back, and after how long; undefined where it never was. */
function rolledBack(standingsAt: (atMs: number) => readonly LiveStanding[], forMs: number, model = (_: number) => 'lstm@1') {
  let state: RollbackState | undefined;
  for (let atMs = 0; atMs <= forMs; atMs += MINUTE_MS) {
    const step = watched(state, model(atMs), standingsAt(atMs), atMs);
    state = step.state;
    if (step.because !== undefined) return { atMs, because: step.because };
  }
  return undefined;
}

describe('a model in service', () => {
  it('stays while its forecasts are right', () => {
    expect(rolledBack(() => [WELL], 3 * LOSS_FOR_MS)).toBeUndefined();
    expect(rolledBack(() => [], 3 * LOSS_FOR_MS)).toBeUndefined();
  });

  it('is rolled back when quantiles have been too low for two hours', () => {
    const found = rolledBack(() => [{ ...WELL, theta: 5.1 }], 2 * THETA_FOR_MS);
    expect(found?.atMs).toBe(THETA_FOR_MS);
    expect(found?.because).toContain('more than 5 standard deviations too low for 2.0 h');
  });

  it('stays when they were right in between', () => {
    const standing = (atMs: number): readonly LiveStanding[] => [{ ...WELL, theta: atMs === THETA_FOR_MS / 2 ? 1 : 9 }];
    expect(rolledBack(standing, THETA_FOR_MS + THETA_FOR_MS / 2 - MINUTE_MS)).toBeUndefined();
  });

  it('is not blamed for the tracker that sinks on streams nobody asks', () => {
    expect(rolledBack(() => [{ ...WELL, theta: -5 }], 2 * THETA_FOR_MS)).toBeUndefined();
  });

  it('is not blamed for streams that it has no say in, nor for a small part of the demand', () => {
    expect(rolledBack(() => [{ ...WELL, theta: 9, weight: 0.01 }, WELL], 2 * THETA_FOR_MS)).toBeUndefined();
    expect(rolledBack(() => [{ ...WELL, theta: 9, demand: 1 }, WELL], 2 * THETA_FOR_MS)).toBeUndefined();
    expect(rolledBack(() => [{ ...WELL, theta: 9, demand: 5 }, WELL], 2 * THETA_FOR_MS)).toBeDefined();
  });

  it('is rolled back when the mixture has lost more with it than without it for a day', () => {
    const found = rolledBack(() => [{ ...WELL, loss: 1.2 }], 2 * LOSS_FOR_MS);
    expect(found?.atMs).toBe(LOSS_FOR_MS);
    expect(found?.because).toContain('20 % now');
    expect(rolledBack(() => [{ ...WELL, loss: 1.04 }], 2 * LOSS_FOR_MS)).toBeUndefined();
  });

  it('is rolled back when it loses several times what the others do for six hours, however little it is listened to', () => {
    const found = rolledBack(() => [{ ...WELL, weight: 0.001, lossAlone: 3.5 }], 2 * ALONE_FOR_MS);
    expect(found?.atMs).toBe(ALONE_FOR_MS);
    expect(found?.because).toContain('more than 3 times what the others say for 6.0 h, 3.5 times now');
    const silentOnce = (atMs: number): LiveStanding[] => (atMs === ALONE_FOR_MS / 2 ? [] : [{ ...WELL, lossAlone: 3.5 }]);
    expect(rolledBack(silentOnce, 2 * ALONE_FOR_MS)?.atMs).toBe(ALONE_FOR_MS);
    expect(rolledBack(() => [{ ...WELL, weight: 0.001, lossAlone: 2.9 }], 2 * ALONE_FOR_MS)).toBeUndefined();
    expect(rolledBack(() => [{ ...WELL, demand: 0, lossAlone: 9 }], 2 * ALONE_FOR_MS)).toBeUndefined();
    expect(rolledBack(() => [{ ...WELL, lossAlone: NaN }], 2 * ALONE_FOR_MS)).toBeUndefined();
  });

  it('is judged by its own time in service, not by its predecessor’s', () => {
    const model = (atMs: number): string => (atMs < THETA_FOR_MS ? 'lstm@1' : 'lstm@2');
    const found = rolledBack(() => [{ ...WELL, theta: 9 }], 3 * THETA_FOR_MS, model);
    expect(found?.atMs).toBe(2 * THETA_FOR_MS);
  });

  it('is not judged by losses that nobody knows', () => {
    expect(rolledBack(() => [{ ...WELL, loss: NaN }], 2 * LOSS_FOR_MS)).toBeUndefined();
  });
});
