/** What the embedded registrar has told survives `kill -9` at any moment, and stays true: judged by what the killed processes printed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import { chance } from './harness.ts';
import { expectSoundHistory } from './registrar-history.ts';
import { reservingLife, ToldByLives } from './reserving-life.ts';

/** Each takes the start of a process. */
const KILLS = 20;
const HANDS = 12;
/** How long a life goes on after its first answer: some groups, or none. */
const LIFE_MS_MAX = 120;

const SCRIPT = fileURLToPath(new URL('./reserving-process.ts', import.meta.url));

test(`a process killed ${KILLS} times while it reserves, confirms and cancels keeps T1 to T8`, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const below = chance(11);
  const lives = new ToldByLives(HANDS);
  let next = reservingLife(SCRIPT, dataDir, 'life-0');
  for (let kill = 1; kill <= KILLS; kill++) {
    const life = next;
    next = reservingLife(SCRIPT, dataDir, `life-${kill}`);
    await life.when((lines) => lines.length >= 1);
    life.child.stdin?.write(`${JSON.stringify(lives.counts)}\n`);
    await life.when((lines) => lines.length >= 2);
    await new Promise((resolve) => {
      setTimeout(resolve, below(LIFE_MS_MAX));
    });
    await life.kill();
    expect(life.lines.filter((line) => line.startsWith('failure'))).toEqual([]);
    lives.read(life);
  }
  await next.kill();
  const kinds = lives.kinds();
  console.log(`told: held, confirmed, cancelled, expired, refused ${kinds.join(', ')}`);
  for (const kind of kinds) expect(kind).toBeGreaterThan(10);
  const storage = await openEmbeddedStorage({ dataDir, onFailure: (error) => expect.fail(error.message) });
  try {
    await expectSoundHistory(storage.registrar, lives.told, 'the-last');
  } finally {
    await storage.close();
  }
}, 120_000);
