/**
 * One part of a campaign: callers at their desks, a stand that is killed again and again in the middle of their calls, and at the end what the
 * installation says of its numbers. Goes on until there were as many reservations and kills as were asked for.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Dice } from '../../../simulator/dice.ts';
import { nowMs } from '../clock.ts';
import { Connection } from './connection.ts';
import { Desk } from './desk.ts';
import { settled } from './settling.ts';
import type { Stand } from './stand.ts';

export interface PartTargets {
  readonly reservations: number;
  /** In the middle of serving. */
  readonly kills: number;
}

export interface PartOptions extends PartTargets {
  readonly stand: Stand;
  readonly directory: string;
  readonly seed: number;
  /** Calls on their way at a time. */
  readonly callers: number;
  readonly onProgress: (done: PartTargets) => void;
  readonly say: (line: string) => void;
}

export interface PartRun {
  readonly killsServing: number;
  readonly killsStarting: number;
  readonly newYears: number;
  readonly seconds: number;
  /** Between the first answer of a life and its end. */
  readonly servingSeconds: number;
  /** From a kill until somebody was answered again. */
  readonly awaySecondsMedian: number;
  readonly awaySecondsWorst: number;
}

const SEQUENCES: readonly (Readonly<Record<string, string>> & { readonly name: string })[] = [
  { name: 'invoices', reset: 'yearly', timeZone: 'UTC', format: 'INV-{YYYY}-{value:08}' },
  { name: 'credit-notes', reset: 'monthly', timeZone: 'Europe/Berlin' },
  { name: 'receipts' },
  { name: 'delivery-notes', reset: 'yearly', timeZone: 'UTC' },
];
/** A desk's keys are judged together, so none is larger than its judge's memory. */
const CALLERS_PER_DESK = 16;
const CALLERS_PER_CONNECTION = 16;
/** How long a life serves before it is killed: as many between 0.3 and 1.3 s as between 1.3 and 6 s. */
const SERVES_MS_MIN = 300;
const SERVES_MS_MAX = 6_000;
/** A year begins in the fifth life, and in every fifteenth after that. */
const FIRST_YEAR_KILL = 4;
const KILLS_BETWEEN_YEARS = 15;
const POLL_MS = 10;
const ANSWER_TIMEOUT_MS = 90_000;
const PROGRESS_MS = 500;
/** For what is under way at the end. */
const STOP_MS = 120_000;
const CREATE_ATTEMPTS = 50;

export async function runPart(options: PartOptions): Promise<PartRun> {
  const { stand, directory, seed, callers, say } = options;
  mkdirSync(join(directory, 'clients'), { recursive: true });
  for (const sequence of SEQUENCES) await create(stand.url, sequence);
  const startedMs = nowMs();
  const connections = stand.ports.flatMap((port) =>
    Array.from({ length: Math.ceil(callers / CALLERS_PER_CONNECTION / stand.ports.length) }, () => new Connection(port)),
  );
  const desks = Array.from({ length: Math.ceil(callers / CALLERS_PER_DESK) }, (_, index) => {
    const own = { name: `desk-${index}`, directory: join(directory, 'clients'), callers: CALLERS_PER_DESK, seed: seed * 101 + index };
    return new Desk({ ...own, connections, sequences: SEQUENCES.map(({ name }) => name) });
  });
  const answers = (): number => desks.reduce((sum, desk) => sum + desk.answers, 0);
  const done = { reservations: () => desks.reduce((sum, desk) => sum + desk.reservations, 0), kills: 0 };
  const watch = setInterval(() => options.onProgress({ reservations: done.reservations(), kills: done.kills }), PROGRESS_MS);
  const dice = new Dice(seed);
  const away: number[] = [];
  let [starting, newYears, servingMs] = [0, 0, 0];
  try {
    for (const desk of desks) desk.start();
    let servesFrom = await answered(answers);
    while (done.kills < options.kills || done.reservations() < options.reservations) {
      await pause(SERVES_MS_MIN * (SERVES_MS_MAX / SERVES_MS_MIN) ** (dice.int(1_000) / 1_000));
      if (stand.approachNewYear !== undefined && done.kills % KILLS_BETWEEN_YEARS === FIRST_YEAR_KILL) {
        stand.approachNewYear();
        newYears++;
      }
      const killedAt = nowMs();
      servingMs += killedAt - servesFrom;
      const struck = await stand.strike(dice);
      servesFrom = await answered(answers);
      away.push((servesFrom - killedAt) / 1_000);
      done.kills++;
      starting += struck.filter((each) => each === 'starting').length;
    }
    say(`settles after ${done.kills} kills and ${done.reservations().toLocaleString('en')} reservations`);
    await Promise.all(desks.map((desk) => desk.stop(STOP_MS)));
    await settled(stand.url, desks, directory);
  } finally {
    clearInterval(watch);
    for (const connection of connections) connection.close();
  }
  away.sort((a, b) => a - b);
  return {
    ...{ killsServing: done.kills, killsStarting: starting, newYears },
    seconds: (nowMs() - startedMs) / 1_000,
    servingSeconds: servingMs / 1_000,
    awaySecondsMedian: away[Math.floor(away.length / 2)] ?? 0,
    awaySecondsWorst: away.at(-1) ?? 0,
  };
}

/** When somebody was answered again. */
async function answered(answers: () => number): Promise<number> {
  const before = answers();
  for (const endMs = nowMs() + ANSWER_TIMEOUT_MS; nowMs() < endMs; await pause(POLL_MS)) {
    if (answers() > before) return nowMs();
  }
  throw new Error(`nobody was answered for ${ANSWER_TIMEOUT_MS / 1_000} s`);
}

async function create(url: string, sequence: object): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ guarantee: 'gapless', ...sequence });
    const response = await fetch(`${url}/v1/sequences`, { method: 'POST', headers, body });
    if (response.ok) return;
    if (attempt === CREATE_ATTEMPTS) throw new Error(`${JSON.stringify(sequence)} was not created: ${await response.text()}`);
    await pause(POLL_MS * attempt);
  }
}
