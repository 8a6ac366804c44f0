/**
 * What the registrar in PostgreSQL has told survives `kill -9` of its process and an immediate stop of its server, at any moment, and
 * stays true: judged by what the killed processes printed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openPostgresRegistrar } from '../../../adapters/postgres/registrar.ts';
import { chance } from '../../conformance/harness.ts';
import { expectSoundHistory } from '../../conformance/registrar-history.ts';
import type { Told } from '../../conformance/registrar-load.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { type OwnPostgres, ownPostgres } from './own-postgres.ts';

const postgres = engineOrSkip('postgres');

const LIVES = 8;
/** In each second life the server is stopped as well, in the middle of it. */
const STOPS = LIVES / 2;
const HANDS = 8;
/** What a life is told before it is killed, and before and after its server is stopped: counted, so that a slow machine tests as much. */
const TOLD_MIN = 40;
const TOLD_MORE = 60;

interface Life {
  readonly child: ChildProcess;
  readonly lines: string[];
  isReady(): Promise<void>;
  /** Resolves when so many more answers were told; or a failure, which ends the process's work. */
  told(count: number): Promise<void>;
}

function prepared(url: string, life: string): Life {
  const script = fileURLToPath(new URL('./registrar-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, url, life], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  let wake = (): void => undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  async function when(holds: () => boolean): Promise<void> {
    while (!holds() && lines.at(-1)?.startsWith('failure') !== true) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  const toldSoFar = (): number => lines.filter((line) => line.startsWith('told ')).length;
  return {
    ...{ child, lines },
    isReady: () => when(() => lines.length > 0),
    told(count) {
      const enough = toldSoFar() + count;
      return when(() => toldSoFar() >= enough);
    },
  };
}

/** Lets it live for a while, stops its server in every second one, and kills it. */
async function live(life: Life, server: OwnPostgres, counts: readonly number[], stops: boolean): Promise<void> {
  const { child } = life;
  const below = chance(counts.reduce((sum, count) => sum + count, 0));
  await life.isReady();
  child.stdin?.write(`${JSON.stringify(counts)}\n`);
  await life.told(TOLD_MIN + below(TOLD_MORE));
  if (stops) {
    await server.stopAtOnce();
    await server.start();
    await life.told(TOLD_MIN + below(TOLD_MORE));
  }
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}

describe.skipIf(!postgres.available)('a registrar in PostgreSQL that is killed (needs PostgreSQL)', () => {
  test(`keeps T1 to T8 through ${LIVES} kills of its process and ${STOPS} of its server`, { timeout: 180_000 }, async () => {
    const server = await ownPostgres();
    onTestFinished(() => server.end());
    const told: Told[] = [];
    const counts = Array.from({ length: HANDS }, () => 0);
    let unknown = 0;
    let next = prepared(server.url, 'life-0');
    for (let kill = 1; kill <= LIVES; kill++) {
      const life = next;
      next = prepared(server.url, `life-${kill}`);
      await live(life, server, counts, kill % 2 === 0);
      expect(life.lines.filter((line) => line.startsWith('failure'))).toEqual([]);
      unknown += life.lines.filter((line) => line.endsWith('unknown')).length;
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
    console.log(`told: held, confirmed, cancelled, expired, refused ${kinds.join(', ')}; ${unknown} outcomes were unknown for a while`);
    // Fewer would mean that one of them is hardly tried.
    for (const kind of kinds) expect(kind).toBeGreaterThan(4);
    const registrar = await openPostgresRegistrar({ url: server.url });
    try {
      await expectSoundHistory(registrar, told, 'the-last');
    } finally {
      await registrar.close();
    }
  });
});
