/** A process that reserves numbers and prints what it was told, to be killed: started, listened to, and read afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { Told } from './registrar-load.ts';

export interface ReservingLife {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  /** Resolves when it holds of what was printed so far. */
  when(holds: (lines: readonly string[]) => boolean): Promise<void>;
  kill(): Promise<void>;
}

/** `store`: where the script finds what it reserves in. */
export function reservingLife(script: string, store: string, life: string): ReservingLife {
  const child = spawn(process.execPath, ['--import', 'tsx', script, store, life], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  let wake = (): void => undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  return {
    child,
    lines,
    async when(holds) {
      while (!holds(lines)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async kill() {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** What all lives were told together, and how far each hand has come: the next life goes on from there. */
export class ToldByLives {
  readonly told: Told[] = [];
  readonly counts: number[];

  constructor(hands: number) {
    this.counts = Array.from({ length: hands }, () => 0);
  }

  read({ lines }: ReservingLife): void {
    for (const line of lines) {
      // The last line may have been cut in two by the kill.
      if (!line.startsWith('told ') || !line.endsWith('}')) continue;
      const one = JSON.parse(line.slice('told '.length)) as Told;
      this.told.push(one);
      if (one.what !== 'held') continue;
      const [hand = 0, n = 0] = one.key.split('.').map(Number);
      this.counts[hand] = Math.max(this.counts[hand] ?? 0, n + 1);
    }
  }

  /** How often each kind of answer was told. */
  kinds(): number[] {
    return ['held', 'confirmed', 'cancelled', 'expired', 'refused'].map((what) => this.told.filter((each) => each.what === what).length);
  }
}
