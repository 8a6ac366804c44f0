/**
 * What the registrar in PostgreSQL has told survives `kill -9` of its process and an immediate stop of its server, at any moment, and
 * stays true: judged by what the killed processes printed.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openPostgresRegistrar } from '../../../adapters/postgres/registrar.ts';
import { chance } from '../../conformance/harness.ts';
import { expectSoundHistory } from '../../conformance/registrar-history.ts';
import { type ReservingLife, reservingLife, ToldByLives } from '../../conformance/reserving-life.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { type OwnPostgres, ownPostgres } from './own-postgres.ts';

const postgres = engineOrSkip('postgres');

const LIVES = 10;
/** In each second life the server is stopped as well, in the middle of it. */
const STOPS = LIVES / 2;
const HANDS = 8;
/** What a life is told before it is killed, and before and after its server is stopped: counted, so that a slow machine tests as much. */
const TOLD_MIN = 40;
const TOLD_MORE = 60;

const SCRIPT = fileURLToPath(new URL('./registrar-process.ts', import.meta.url));

/** Resolves when so many more answers were told; or a failure, which ends the process's work. */
async function told(life: ReservingLife, count: number): Promise<void> {
  const toldSoFar = (lines: readonly string[]): number => lines.filter((line) => line.startsWith('told ')).length;
  const enough = toldSoFar(life.lines) + count;
  await life.when((lines) => toldSoFar(lines) >= enough || lines.at(-1)?.startsWith('failure') === true);
}

/** Lets it live for a while, stops its server in every second one, and kills it. */
async function live(life: ReservingLife, server: OwnPostgres, counts: readonly number[], stops: boolean): Promise<void> {
  const below = chance(counts.reduce((sum, count) => sum + count, 0));
  await life.when((lines) => lines.length > 0);
  life.child.stdin?.write(`${JSON.stringify(counts)}\n`);
  await told(life, TOLD_MIN + below(TOLD_MORE));
  if (stops) {
    await server.stopAtOnce();
    await server.start();
    await told(life, TOLD_MIN + below(TOLD_MORE));
  }
  await life.kill();
}

describe.skipIf(!postgres.available)('a registrar in PostgreSQL that is killed (needs PostgreSQL)', () => {
  test(`keeps T1 to T8 through ${LIVES} kills of its process and ${STOPS} of its server`, { timeout: 180_000 }, async () => {
    const server = await ownPostgres();
    onTestFinished(() => server.end());
    const lives = new ToldByLives(HANDS);
    let unknown = 0;
    let next = reservingLife(SCRIPT, server.url, 'life-0');
    for (let kill = 1; kill <= LIVES; kill++) {
      const life = next;
      next = reservingLife(SCRIPT, server.url, `life-${kill}`);
      await live(life, server, lives.counts, kill % 2 === 0);
      expect(life.lines.filter((line) => line.startsWith('failure'))).toEqual([]);
      unknown += life.lines.filter((line) => line.endsWith('unknown')).length;
      lives.read(life);
    }
    await next.kill();
    const kinds = lives.kinds();
    console.log(`told: held, confirmed, cancelled, expired, refused ${kinds.join(', ')}; ${unknown} outcomes were unknown for a while`);
    for (const kind of kinds) expect(kind).toBeGreaterThan(10);
    const registrar = await openPostgresRegistrar({ url: server.url });
    try {
      await expectSoundHistory(registrar, lives.told, 'the-last');
    } finally {
      await registrar.close();
    }
  });
});
