/** What the embedded registrar has told survives `kill -9` at any moment, and stays true: judged by what the killed processes printed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import { chance } from './harness.ts';
import { expectSoundHistory } from './registrar-history.ts';
import type { Told } from './registrar-load.ts';

/** Each takes the start of a process. */
const KILLS = 12;
const HANDS = 12;
/** How long a life goes on after its first answer: some groups, or none. */
const LIFE_MS_MAX = 120;

interface Life {
  readonly child: ChildProcess;
  readonly lines: string[];
  /** Resolves when the process has printed so many lines. */
  printed(count: number): Promise<void>;
}

function prepared(dataDir: string, life: string): Life {
  const script = fileURLToPath(new URL('./reserving-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir, life], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  let wake = (): void => undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  async function printed(count: number): Promise<void> {
    while (lines.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return { child, lines, printed };
}

test(`a process killed ${KILLS} times while it reserves, confirms and cancels keeps T1 to T8`, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const below = chance(11);
  const told: Told[] = [];
  const counts = Array.from({ length: HANDS }, () => 0);
  let next = prepared(dataDir, 'life-0');
  for (let kill = 1; kill <= KILLS; kill++) {
    const life = next;
    next = prepared(dataDir, `life-${kill}`);
    await life.printed(1);
    life.child.stdin?.write(`${JSON.stringify(counts)}\n`);
    await life.printed(2);
    await new Promise((resolve) => {
      setTimeout(resolve, below(LIFE_MS_MAX));
    });
    const ended = once(life.child, 'close');
    life.child.kill('SIGKILL');
    await ended;
    expect(life.lines.filter((line) => line.startsWith('failure'))).toEqual([]);
    for (const line of life.lines) {
      // The last line may have been cut in two by the kill.
      if (!line.startsWith('told ') || !line.endsWith('}')) continue;
      const one = JSON.parse(line.slice('told '.length)) as Told;
      told.push(one);
      if (one.what !== 'held') continue;
      const [hand = 0, n = 0] = one.key.split('.').map(Number);
      counts[hand] = Math.max(counts[hand] ?? 0, n + 1);
    }
  }
  next.child.kill('SIGKILL');
  const kinds = ['held', 'confirmed', 'cancelled', 'expired', 'refused'].map((what) => told.filter((each) => each.what === what).length);
  console.log(`told: held, confirmed, cancelled, expired, refused ${kinds.join(', ')}`);
  for (const kind of kinds) expect(kind).toBeGreaterThan(10);
  const storage = await openEmbeddedStorage({ dataDir, onFailure: (error) => expect.fail(error.message) });
  try {
    await expectSoundHistory(storage.registrar, told, 'the-last');
  } finally {
    await storage.close();
  }
}, 120_000);
