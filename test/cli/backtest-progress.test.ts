import { describe, expect, it } from 'vitest';
import { BacktestProgress, Interrupted } from '../../cli/backtest/progress.ts';
import { Written } from './commands.ts';

describe('the progress of a backtest', () => {
  it('says how far it is, how fast and how long it will take, whatever was known already', async () => {
    const err = new Written();
    let nowMs = 0;
    const progress = new BacktestProgress({ err, total: 1_100_000, isStopped: () => false, nowMs: () => nowMs });
    progress.onStream('orders/web/checkout');
    await progress.onSeconds(100_000, true);
    nowMs = 10_000;
    await progress.onSeconds(250_000);
    expect(err.text).toBe('25 % orders/web/checkout, 25.0k stream-seconds/s, 30 s to go\n');
  });

  it('keeps to one line on a terminal, and clears it', async () => {
    const err = Object.assign(new Written(), { isTTY: true, columns: 24 });
    let nowMs = 0;
    const progress = new BacktestProgress({ err, total: 100, isStopped: () => false, nowMs: () => nowMs });
    nowMs = 1_000;
    await progress.onSeconds(50);
    progress.end();
    expect(err.text).not.toContain('\n');
    expect(err.text).toBe('\r\u001b[2K50 % , 50 stream-second\r\u001b[2K');
  });

  it('ends the work when it was asked to', async () => {
    const progress = new BacktestProgress({ err: new Written(), total: 1, isStopped: () => true });
    await expect(progress.onSeconds(1)).rejects.toThrow(Interrupted);
  });
});
