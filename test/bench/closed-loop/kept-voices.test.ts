import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MinuteVoices } from '../../../backtest/policies/minute-voices.ts';
import { KeptVoices } from '../../../bench/closed-loop/kept-voices.ts';

const VOICES: MinuteVoices = {
  family: 'lstm',
  model: 'lstm@1',
  leadsMs: [60_000],
  levels: [0.5, 0.99],
  firstOriginMs: 600_000,
  quantiles: Float32Array.of(1.5, 2.5, 3, 1e9),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'voices-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what a model said is made once and comes back as it was', async () => {
  const kept = new KeptVoices(folder, Uint8Array.of(1));
  expect(await kept.of('day', async () => VOICES)).toEqual(VOICES);
  expect(await kept.of('day', () => Promise.reject(new Error('made twice')))).toEqual(VOICES);
});

test('another model and another trace say it themselves', async () => {
  await new KeptVoices(folder, Uint8Array.of(1)).of('day', async () => VOICES);
  const other = { ...VOICES, quantiles: Float32Array.of(7, 8) };
  expect(await new KeptVoices(folder, Uint8Array.of(2)).of('day', async () => other)).toEqual(other);
  expect(await new KeptVoices(folder, Uint8Array.of(1)).of('week', async () => other)).toEqual(other);
});

test('a refusal is not kept', async () => {
  const kept = new KeptVoices(folder, Uint8Array.of(1));
  expect(await kept.of('day', async () => undefined)).toBeUndefined();
  expect(await kept.of('day', async () => VOICES)).toEqual(VOICES);
});
