/** Long commands say how far they are and how long it still takes: over the same line on a terminal, a line now and then on a log. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ShareProgress } from '../../cli/share-progress.ts';
import { type Step, whileWaiting } from '../../cli/waiting.ts';
import { Written } from './commands.ts';

class Terminal extends Written {
  readonly isTTY = true;
  readonly columns = 40;
}

function told(err: Written, shares: readonly number[], stepMs: number): string {
  let nowMs = 0;
  const progress = new ShareProgress(err, () => nowMs);
  for (const share of shares) {
    progress.tell(share, (percent) => `audit: ${percent} of the records`);
    nowMs += stepMs;
  }
  progress.end();
  return err.text;
}

describe('progress', () => {
  test('is said every five seconds on a log, with how long it still takes', () => {
    expect(told(new Written(), [0, 0.1, 0.25, 0.3, 0.5], 2_500)).toBe(
      'audit: 25.0 % of the records, about 15 s to go\naudit: 50.0 % of the records, about 10 s to go\n',
    );
  });

  test('stays on one line of a terminal, no wider than that, and is gone at the end', () => {
    const text = told(new Terminal(), [0.25, 0.5, 1], 1_000);
    const [first, second, third, end] = text.split('\r\u001b[2K').slice(1);
    expect([first, second, third, end]).toEqual([
      'audit: 50.0 % of the records, about 1 s',
      'audit: 100.0 % of the records',
      '',
      undefined,
    ]);
    expect(first?.length).toBeLessThan(40);
  });

  test('says nothing of what is over at once', () => {
    expect(told(new Written(), [0.5, 1], 100)).toBe('');
    expect(told(new Terminal(), [0.5, 1], 100)).toBe('');
  });

  test('reckons by what was done since the step began', () => {
    let nowMs = 0;
    const err = new Written();
    const progress = new ShareProgress(err, () => nowMs);
    nowMs = 60_000;
    progress.begin(0.5);
    nowMs += 10_000;
    progress.tell(0.75, (percent) => percent);
    expect(err.text).toBe('75.0 %, about 10 s to go\n');
  });
});

describe('what is waited for', () => {
  test('is said on a terminal after a second, step by step, with how long it takes at most, and gone at the end', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const [err, log, soon] = [new Terminal(), new Written(), new Terminal()];
    const work = async (step: Step, ms: number): Promise<string> => {
      step('reads');
      await new Promise((resolve) => setTimeout(resolve, ms));
      step('asks', 30_000);
      await new Promise((resolve) => setTimeout(resolve, ms));
      return 'done';
    };
    const all = Promise.all([
      whileWaiting(err, (step) => work(step, 1_400)),
      whileWaiting(log, (step) => work(step, 1_400)),
      whileWaiting(soon, (step) => work(step, 400)),
    ]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await all).toEqual(['done', 'done', 'done']);
    const lines = err.text.split('\r\u001b[2K').slice(1);
    expect(lines.slice(0, 3)).toEqual(['reads: 1 s', 'reads: 1 s', 'asks: 1 s, 30 s to go at most']);
    expect(lines.at(-1)).toBe('');
    expect([log.text, soon.text]).toEqual(['', '']);
  });
});
