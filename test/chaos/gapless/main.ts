/**
 * `npm run chaos:gapless -- --seed S --reservations 1000000 --kills 200`: gapless numbers under `kill -9`, on SQLite, on PostgreSQL, and in an
 * installation whose owner of the numbers is killed, each with callers over HTTP, and judged by a program that imports nothing of the
 * project. Exits 1 where a promise was broken. docs/guides/chaos.md says what is done and how to read the report.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nowMs } from '../clock.ts';
import { Endings } from '../installation/endings.ts';
import { Ports } from '../installation/ports.ts';
import { positive } from '../positive.ts';
import { type PartRun, type PartTargets, runPart } from './campaign.ts';
import type { Judgement } from './checker/judge.ts';
import { installationStand } from './installation-stand.ts';
import { Progress } from './progress.ts';
import { campaignReport, campaignText, type PartReport, writeCampaign } from './report.ts';
import { postgresStand, sqliteStand } from './server-stand.ts';
import type { AtEnd, Stand } from './stand.ts';

interface Part {
  readonly store: string;
  /** Of the reservations and of the kills that are asked for. */
  readonly reservations: number;
  readonly kills: number;
  readonly stand: (directory: string, ports: Ports, atEnd: AtEnd) => Promise<Stand>;
}

/** What a part has to do follows from what it can: a take-over costs seconds, and a process that has just started is slow. */
const PARTS: Readonly<Record<string, Part>> = {
  sqlite: { store: 'SQLite', reservations: 0.68, kills: 0.55, stand: sqliteStand },
  postgres: { store: 'PostgreSQL', reservations: 0.29, kills: 0.33, stand: postgresStand },
  installation: { store: 'PostgreSQL, two fillers on Kafka', reservations: 0.03, kills: 0.12, stand: installationStand },
};
const CHECKER_TIMEOUT_MS = 900_000;
const JUDGEMENT_BYTES_MAX = 64 * 1024 * 1024;

const { values: given } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    reservations: { type: 'string', default: '1000000' },
    /** In the middle of serving; some more meet a server that starts. */
    kills: { type: 'string', default: '200' },
    callers: { type: 'string', default: '256' },
    parts: { type: 'string', default: Object.keys(PARTS).join(',') },
    results: { type: 'string', default: join(import.meta.dirname, '../results') },
    keep: { type: 'boolean', default: false },
  },
});

const names = given.parts.split(',');
const unknown = names.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) throw new Error(`--parts ${unknown.join(',')}: there are ${Object.keys(PARTS).join(', ')}`);
const seed = positive('seed', given.seed);
const callers = positive('callers', given.callers);
const targets: PartTargets = { reservations: positive('reservations', given.reservations), kills: positive('kills', given.kills) };
const startedMs = nowMs();
const directory = mkdtempSync(join(tmpdir(), `seqcast-gapless-${seed}-`));
// PostgreSQL runs as another user, who must be able to enter.
chmodSync(directory, 0o755);
const progress = new Progress(targets);
const endings = new Endings();
endings.onSignals();
endings.onFailures();

async function runOne(name: string, { store, stand: standAt, ...shares }: Part): Promise<PartReport> {
  const whole = names.reduce(
    (all, each) => {
      const of = PARTS[each] as Part;
      return { reservations: all.reservations + of.reservations, kills: all.kills + of.kills };
    },
    { reservations: 0, kills: 0 },
  );
  const own = join(directory, name);
  mkdirSync(own);
  progress.begin(name);
  const stand = await standAt(join(own, 'stand'), new Ports(), endings.add);
  const run: PartRun = await runPart({
    ...{ stand, directory: own, callers, seed: seed * 7 + names.indexOf(name) },
    reservations: Math.ceil((targets.reservations * shares.reservations) / whole.reservations),
    kills: Math.ceil((targets.kills * shares.kills) / whole.kills),
    onProgress: (done) => progress.done(done),
    say: (line) => progress.say(line),
  });
  await endings.end();
  progress.say('is judged');
  const judgement = await judged(own);
  progress.say(judgement.ok ? 'ok' : `NOT ok: ${JSON.stringify(judgement.counts)}`);
  return { part: name, store, ...run, judgement };
}

/** By a program of its own. */
function judged(of: string): Promise<Judgement> {
  const program = join(import.meta.dirname, 'checker/main.ts');
  const limits = { timeout: CHECKER_TIMEOUT_MS, maxBuffer: JUDGEMENT_BYTES_MAX };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--import', 'tsx', program, of], limits, (error, stdout, stderr) => {
      // 1 says that something did not hold, and then says what.
      if (error !== null && stdout === '') reject(new Error(`the checker failed: ${stderr}`, { cause: error }));
      else resolve(JSON.parse(stdout) as Judgement);
    });
  });
}

let isOk = false;
try {
  const parts: PartReport[] = [];
  for (const name of names) parts.push(await runOne(name, PARTS[name] as Part));
  const flags = [
    `--seed ${seed} --reservations ${targets.reservations} --kills ${targets.kills}`,
    callers === 256 ? '' : `--callers ${callers}`,
    names.length === Object.keys(PARTS).length ? '' : `--parts ${names.join(',')}`,
  ];
  const command = `npm run chaos:gapless -- ${flags.filter((flag) => flag !== '').join(' ')}`;
  const report = campaignReport({ command, seed, callers, parts, minutes: (nowMs() - startedMs) / 60_000 });
  const file = writeCampaign(given.results, `gapless-seed-${seed}`, report);
  console.log(`${campaignText(report)}\nreport: ${file}`);
  isOk = report.ok;
} finally {
  await endings.end();
  if (!given.keep && isOk) rmSync(directory, { recursive: true, force: true });
  else console.error(`histories and logs: ${directory}`);
}
process.exitCode = isOk ? 0 : 1;
