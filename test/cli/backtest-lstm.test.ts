/** An LSTM in a backtest: it speaks of what comes after its training, and one that has seen what is to be forecast is refused. */
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { minuteHistory } from '../../backtest/policies/minute-histories.ts';
import { inMemory } from '../../backtest/sources/demand-source.ts';
import { demandSetOf } from '../../backtest/sources/generated-demand.ts';
import { steady } from '../../backtest/traces/generators.ts';
import { speakingLstm } from '../../cli/backtest/speaking-lstm.ts';
import type { CliContext } from '../../cli/cli-context.ts';
import { FittedLstm, LstmForecaster } from '../../models/lstm/lstm-forecaster.ts';
import { LIVE_SPEC } from '../../models/lstm/spec.ts';

const HOUR_S = 3_600;
const LEADS_MS = LIVE_SPEC.leadsBins.map((bins) => bins * LIVE_SPEC.binMs);
/** So much to learn from, and an hour after it. */
const TRAINED_S = 46 * HOUR_S;
const trace = { ...steady(), counts: steady().counts.subarray(0, TRAINED_S + HOUR_S) };
const directory = mkdtempSync(join(tmpdir(), 'seqcast-'));
const file = join(directory, 'lstm.model');
let said = '';

const cli: CliContext = {
  out: process.stdout,
  err: {
    write(text: string) {
      said += text;
      return true;
    },
  } as CliContext['err'],
  env: {},
  signals: new EventEmitter(),
  exitCode: 0,
};

function options(lstm: string) {
  return {
    from: 'trace:steady',
    lstm,
    trainShare: 0.6,
    gap: 0,
    targetStallsPpm: 10,
    seed: 1,
    class: 'both' as const,
    origins: 1,
    allocationsPerHour: 55,
    used: '0',
  };
}

beforeAll(async () => {
  const forecaster = new LstmForecaster({ spec: LIVE_SPEC, plan: { steps: 2, windows: 8 } });
  const grid = { leadsMs: LEADS_MS, levels: LIVE_SPEC.levels, of: 'total' } as const;
  const fitted = await forecaster.fit([minuteHistory(trace, TRAINED_S)], { seasonsBins: [1_440, 10_080], seed: 1, grid });
  if (!(fitted instanceof FittedLstm)) throw new Error(JSON.stringify(fitted));
  writeFileSync(file, fitted.save());
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true }));

test('says something of each minute after its training, and is named by its digest', async () => {
  const set = await demandSetOf('', [inMemory(trace)]);
  const { models, speak } = await speakingLstm(cli, set, options(file));
  expect(Object.values(models)[0]).toMatch(/^[0-9a-f]{64}$/);
  const [source] = set.streams;
  const [voices] = (await speak?.(source as (typeof set.streams)[number], TRAINED_S)) ?? [];
  expect(voices?.family).toBe('lstm');
  expect(voices?.firstOriginMs).toBe(trace.startMs + TRAINED_S * 1_000);
  expect(voices?.quantiles).toHaveLength(61 * LEADS_MS.length * LIVE_SPEC.levels.length);
  expect(voices?.quantiles.every((each) => Number.isFinite(each) && each >= 0)).toBe(true);
  expect(said).toBe('');
});

test('is refused where it was trained on what is to be forecast', async () => {
  const set = await demandSetOf('', [inMemory(trace)]);
  const { speak } = await speakingLstm(cli, set, options(file));
  const [source] = set.streams;
  await expect(speak?.(source as (typeof set.streams)[number], TRAINED_S - HOUR_S)).rejects.toMatchObject({
    code: 'SEQ_MODEL_INVALID',
    message: expect.stringContaining('it would know what comes'),
  });
});

test.each([
  ['a file that is not there', 'nowhere.model', 'SEQ_CONFIG_INVALID'],
  ['a file that is no model', import.meta.filename, 'SEQ_MODEL_INVALID'],
])('says what is wrong with %s', async (_, path, code) => {
  const set = await demandSetOf('', [inMemory(trace)]);
  await expect(speakingLstm(cli, set, options(path))).rejects.toMatchObject({ code });
});
