/** The whole comparison, one phase after the other: load, order, callers that end, servers that end, and fail-overs. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seededRng } from '../../core/rng.ts';
import type { Progress } from '../accuracy/progress.ts';
import type { Addresses } from './addresses.ts';
import type { AnswerFacts } from './answers.ts';
import { endCaller } from './caller-ends.ts';
import { answersOf, Contestant, isCounted } from './contestants.ts';
import type { Ending, Engines } from './engines.ts';
import { type Failover, measureFailover, startRedisPair } from './failover.ts';
import type { FailoverFigures, Loss, PeerFigures } from './figures.ts';
import { startInstallation } from './installation.ts';
import { Lines } from './lines.ts';
import type { Lost } from './losses.ts';
import type { Peer } from './peer.ts';
import { type Plan, TOGETHER } from './plan.ts';
import { endServers, isOnServer } from './server-ends.ts';
import { spread } from './statistics.ts';

export interface ComparisonOptions {
  readonly peers: readonly Peer[];
  readonly plan: Plan;
  readonly seed: number;
  readonly progress: Progress;
}

/** Where everything runs. */
export interface Ground {
  readonly engines: Engines;
  readonly addresses: Addresses;
}

type Endings = Readonly<Record<Ending, ReadonlyMap<Peer, Loss>>>;

/** Callers that are killed at a time: each is a process that takes values at a pace, and none of them is measured. */
const CALLERS_ENDED_TOGETHER = 4;
const ENDINGS: readonly Ending[] = ['kill -9', 'clean stop'];

export async function comparePeers(
  { peers, plan, seed, progress }: ComparisonOptions,
  { engines, addresses }: Ground,
): Promise<{ readonly figures: readonly PeerFigures[]; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const note = (peer: Peer, what: string, error: unknown): void =>
    void problems.push(`${peer.title}, ${what}: ${(error as Error).message}`);
  const lines = new Lines(addresses, TOGETHER);
  let loads: ReadonlyMap<Peer, Contestant>;
  const answers = new Map<Peer, AnswerFacts>();
  try {
    loads = await underLoad(peers, lines, plan, progress, note);
    progress.begin('order and gaps');
    for (const peer of loads.keys()) {
      await answersOf(peer, lines, counterName(peer, 'answers'), plan)
        .then((facts) => answers.set(peer, facts))
        .catch((error: unknown) => note(peer, 'order and gaps', error));
    }
    progress.end('known');
  } finally {
    await lines.close();
  }
  const able = [...loads.keys()];
  const callers = await callersEnded(
    able.filter((peer) => isCounted(peer) && (plan.endsAllCallers || peer.stockIs === 'in the caller')),
    addresses,
    { plan, seed, progress },
    note,
  );
  const servers = await serversEnded(able.filter(isOnServer), { engines, addresses }, { plan, seed, progress }, note);
  const figures = able.flatMap((peer): PeerFigures[] => {
    const facts = answers.get(peer);
    if (facts === undefined) return [];
    const { name, title, kind, isOurs, how } = peer;
    const losses = {
      ...entry('callerKilled', callers['kill -9'].get(peer)),
      ...entry('callerStopped', callers['clean stop'].get(peer)),
      ...entry('serverKilled', servers['kill -9'].get(peer)),
      ...entry('serverStopped', servers['clean stop'].get(peer)),
    };
    return [{ name, title, kind, isOurs, how, ...(loads.get(peer) as Contestant).figures(), answers: facts, ...losses }];
  });
  return { figures, problems };
}

type Note = (peer: Peer, what: string, error: unknown) => void;

function entry(name: string, loss: Loss | undefined): Readonly<Record<string, Loss>> {
  return loss === undefined ? {} : { [name]: loss };
}

function counterName({ name }: Peer, what: string): string {
  return `${name.replaceAll('-', '_')}_${what}`;
}

/** All take turns, and each round another one begins. Who fails is out, and told. */
async function underLoad(
  peers: readonly Peer[],
  lines: Lines,
  { runs, runMs, warmUpMs }: Plan,
  progress: Progress,
  note: Note,
): Promise<ReadonlyMap<Peer, Contestant>> {
  const entered = new Map<Peer, Contestant>();
  const tried = async (peer: Peer, work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => {
      note(peer, 'load', error);
      entered.delete(peer);
    });
  };
  progress.begin('under load');
  for (const peer of peers)
    await tried(peer, async () => entered.set(peer, await Contestant.enter(peer, lines, counterName(peer, 'load'))));
  for (let round = 0; round <= runs; round++) {
    // The first round warms up, and lets forecasts see what is asked for.
    const isWarmUp = round === 0;
    const turns = [...entered];
    for (let turn = 0; turn < turns.length; turn++) {
      const [peer, contestant] = turns[(turn + round) % turns.length] as [Peer, Contestant];
      await tried(peer, () => contestant.run(isWarmUp ? warmUpMs : runMs, isWarmUp));
      progress.done((round + turn / turns.length) / (runs + 1));
    }
    if (!isWarmUp) await Promise.all([...entered].map(([peer, contestant]) => tried(peer, () => contestant.noteIdle())));
  }
  await Promise.all([...entered.values()].map((contestant) => contestant.leave()));
  progress.end(`${runs} runs of ${entered.size}`);
  return entered;
}

async function callersEnded(
  peers: readonly Peer[],
  addresses: Addresses,
  { plan, seed, progress }: Pick<ComparisonOptions, 'plan' | 'seed' | 'progress'>,
  note: Note,
): Promise<Endings> {
  const rng = seededRng(seed);
  const lost = new Losses();
  const work = Array.from({ length: plan.callerEnds }, (_, trial) =>
    ENDINGS.flatMap((how) => peers.map((peer) => ({ peer, how, trial, count: drawn(plan, rng.next()) }))),
  ).flat();
  progress.begin('callers that end');
  const waiting = [...work];
  async function next(): Promise<void> {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const { peer, how, trial, count } = each;
      const counter = counterName(peer, `${how === 'kill -9' ? 'killed' : 'stopped'}${trial}`);
      await endCaller(peer, addresses, counter, count, how)
        .then((loss) => lost.add(peer, how, loss))
        .catch((error: unknown) => note(peer, `a caller's ${how}`, error));
      progress.done(1 - waiting.length / work.length);
    }
  }
  await Promise.all(Array.from({ length: CALLERS_ENDED_TOGETHER }, next));
  progress.end(`${work.length} ended`);
  return lost.endings(false);
}

function drawn({ takenMin, takenMax }: Plan, chance: number): number {
  return takenMin + Math.floor(chance * (takenMax - takenMin + 1));
}

async function serversEnded(
  peers: readonly Peer[],
  { engines, addresses }: Ground,
  { plan, seed, progress }: Pick<ComparisonOptions, 'plan' | 'seed' | 'progress'>,
  note: Note,
): Promise<Endings> {
  const rng = seededRng(seed + 1);
  const lost = new Losses();
  progress.begin('servers that end');
  for (let trial = 0; trial < plan.serverEnds; trial++) {
    for (const [index, how] of ENDINGS.entries()) {
      const counterOf = (peer: Peer): string => counterName(peer, `server_${how === 'kill -9' ? 'killed' : 'stopped'}${trial}`);
      const count = plan.takenOfServer + Math.floor(rng.next() * plan.takenOfServer);
      const found = await endServers(peers, engines, addresses, counterOf, count, how).catch((error: unknown) => error as Error);
      for (const peer of peers) {
        const loss = found instanceof Error ? found : found.get(peer);
        if (loss instanceof Error) note(peer, `the servers' ${how}`, loss);
        else if (loss !== undefined) lost.add(peer, how, loss);
      }
      progress.done((trial + (index + 1) / ENDINGS.length) / plan.serverEnds);
    }
  }
  progress.end(`${ENDINGS.length * plan.serverEnds} times`);
  return lost.endings(true);
}

class Losses {
  readonly #all = new Map<Ending, Map<Peer, Lost[]>>(ENDINGS.map((how) => [how, new Map()]));

  add(peer: Peer, how: Ending, loss: Lost): void {
    const known = this.#all.get(how);
    known?.set(peer, [...(known.get(peer) ?? []), loss]);
  }

  endings(areOfServers: boolean): Endings {
    const of = (how: Ending): ReadonlyMap<Peer, Loss> =>
      new Map([...(this.#all.get(how) ?? [])].map(([peer, losses]) => [peer, lossOf(losses, areOfServers)]));
    return { 'kill -9': of('kill -9'), 'clean stop': of('clean stop') };
  }
}

function lossOf(losses: readonly Lost[], isOfServers: boolean): Loss {
  return {
    burnt: spread(losses.map(({ burnt }) => burnt)),
    again: spread(losses.map(({ again }) => again)),
    ...(isOfServers && { silentMs: spread(losses.map(({ silentMs }) => silentMs)) }),
  };
}

/** Of each of the two the same fail-over; ours runs as an installation of its own on the pair. */
export async function compareFailovers(
  peers: readonly Peer[],
  plan: Plan,
  progress: Progress,
  { engines, addresses }: Ground,
): Promise<{ readonly failovers: readonly FailoverFigures[]; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const measured = new Map<Peer, Failover[]>();
  progress.begin('fail-overs to a replica that lags');
  for (let trial = 0; trial < plan.failovers; trial++) {
    for (const [index, peer] of peers.entries()) {
      try {
        const failover = await oneFailover(peer, { engines, addresses }, `${counterName(peer, 'failover')}${trial}`);
        measured.set(peer, [...(measured.get(peer) ?? []), failover]);
      } catch (error) {
        problems.push(`${peer.title}, fail-over: ${(error as Error).message}`);
      }
      progress.done((trial + (index + 1) / peers.length) / plan.failovers);
    }
  }
  progress.end(`${plan.failovers} each`);
  const failovers = [...measured].map(([{ title, isOurs }, all]): FailoverFigures => {
    const of = (what: keyof Failover) => spread(all.map((each) => each[what]));
    return { title, isOurs, taken: of('taken'), duplicates: of('duplicates'), burnt: of('burnt'), silentMs: of('silentMs') };
  });
  return { failovers, problems };
}

async function oneFailover(peer: Peer, { engines, addresses }: Ground, counter: string): Promise<Failover> {
  const directory = join(engines.directory, counter);
  mkdirSync(directory, { recursive: true });
  const pair = await startRedisPair(directory);
  const env = { ...engines.env, SEQCAST_REDIS: pair.url };
  const installation = peer.isOurs ? await startInstallation(counter, env, directory) : undefined;
  try {
    return await measureFailover(peer, pair, { ...addresses, ...(installation && { gateway: installation.gateway }) }, counter);
  } finally {
    await installation?.stop();
    await pair.stop();
  }
}
