/** One server that does everything itself, on SQLite or with its numbers in PostgreSQL, and whose clock may come to a new year. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { postgresProcess } from '../../../cli/stack/postgres.ts';
import { findProgram } from '../../../cli/stack/programs.ts';
import type { Dice } from '../../../simulator/dice.ts';
import { Engine } from '../installation/engine.ts';
import type { Ports } from '../installation/ports.ts';
import { ServerProcess } from './server-process.ts';
import type { AtEnd, Stand, Struck } from './stand.ts';

/** Share of kills that another one follows before the server has said that it is ready. */
const IN_START = 0.12;
/** From the first system call to about when it serves. */
const START_MS_MAX = 1_200;
/** Share of kills of the server that its PostgreSQL joins. */
const DATABASE_TOO = 0.1;
/** A life that begins so long before midnight sees the new year while it serves. */
const BEFORE_NEW_YEAR_MS = 2_500;

export async function sqliteStand(directory: string, ports: Ports, atEnd: AtEnd): Promise<Stand> {
  return await serverStand(directory, ports, atEnd);
}

export async function postgresStand(directory: string, ports: Ports, atEnd: AtEnd): Promise<Stand> {
  const database = new Engine(
    postgresProcess({ program: findProgram('postgres', process.env), directory, port: await ports.next() }),
    join(directory, 'logs'),
  );
  atEnd(() => database.kill());
  await database.start();
  return await serverStand(directory, ports, atEnd, database);
}

async function serverStand(directory: string, ports: Ports, atEnd: AtEnd, database?: Engine): Promise<Stand> {
  const flags = database === undefined ? [] : ['--postgres', `postgres://seqcast@127.0.0.1:${database.port}/seqcast`];
  const server = new ServerProcess({ name: 'server', port: await ports.next(), directory, flags, env: {} });
  atEnd(() => server.kill());
  server.start();
  await server.ready();
  return {
    ports: [server.port],
    url: server.url,
    async strike(dice: Dice): Promise<readonly Struck[]> {
      const struck: Struck[] = ['serving'];
      const isDatabaseToo = database !== undefined && dice.chance(DATABASE_TOO);
      await Promise.all([server.kill(), ...(isDatabaseToo ? [database.kill()] : [])]);
      if (isDatabaseToo) await database.start();
      server.start();
      while (dice.chance(IN_START)) {
        await pause(dice.int(START_MS_MAX));
        await server.kill();
        struck.push('starting');
        server.start();
      }
      await server.ready();
      return struck;
    },
    approachNewYear() {
      const now = Date.now() + server.clockAheadMs;
      server.clockAheadMs += Date.UTC(new Date(now).getUTCFullYear() + 1, 0) - BEFORE_NEW_YEAR_MS - now;
    },
    end: () => server.kill(),
  };
}
