/**
 * Whoever ill-treats the installation: storm after storm as the seed draws them. After each it waits until all is well again, leaves the
 * installation alone for a while, and writes down what was done.
 */
import { appendFileSync } from 'node:fs';
import { Dice } from '../../simulator/dice.ts';
import type { FaultLine } from './checker/lines.ts';
import { pause } from './clients/callers.ts';
import { nowMs } from './clock.ts';
import { DATABASE_FAULTS } from './faults/database-faults.ts';
import { DISK_FAULTS } from './faults/disk-faults.ts';
import type { Begun, Fault, Installation, Touched } from './faults/fault.ts';
import { KAFKA_FAULTS } from './faults/kafka-faults.ts';
import { REDIS_FAULTS } from './faults/redis-faults.ts';
import { UPGRADE_FAULTS } from './faults/upgrade-faults.ts';
import { NO_MASTER_FAULTS, WORKER_FAULTS } from './faults/worker-faults.ts';
import { type Planned, type Storm, Storms } from './storms.ts';

const FAULTS: readonly Fault[] = [
  ...[...WORKER_FAULTS, ...REDIS_FAULTS, ...KAFKA_FAULTS],
  ...[...DATABASE_FAULTS, ...DISK_FAULTS, ...UPGRADE_FAULTS],
];
export const FAULT_NAMES: readonly string[] = [...new Set(FAULTS.map(({ name }) => name))];

/** A fault as it happened. */
export interface Happened extends FaultLine {
  /** Which storm it was part of, from 1 on. */
  readonly storm: number;
  readonly isMasterDead: boolean;
  /** Nothing else was on at the same time, and everything was well before. */
  readonly isAlone: boolean;
}

export interface NemesisOptions {
  readonly installation: Installation;
  readonly seed: number;
  /** Names of the faults that may happen; all of them where left out. */
  readonly only?: readonly string[] | undefined;
  /** Faults of a storm at most. */
  readonly storm: number;
  /** Share of faults that begin while another one is on. */
  readonly together: number;
  /** Where what was done is written. */
  readonly file: string;
  /** After a storm was over, and until its window is over. */
  readonly healthyAt: (since: number) => Promise<Pick<FaultLine, 'healthyAt' | 'unwell'>>;
  readonly say: (line: string) => void;
}

/** A window lasts until ten seconds after all is well; between two of them throughput is measured. */
export const AFTER_WELL_MS = 10_000;
/** More at once would leave nobody whom the next one could meet. */
const AT_ONCE_MAX = 4;
/** Of those in a storm that may not be long. */
const HOLD_MS_MAX = 10_000;

interface On {
  readonly touches: readonly Touched[];
  readonly healed: Promise<Omit<Happened, 'storm'> | undefined>;
}

export class Nemesis {
  readonly happened: Happened[] = [];
  readonly #options: NemesisOptions;
  readonly #storms: Storms;
  #count = 0;
  #isOver = false;
  #raging: Promise<boolean> | undefined;

  constructor(options: NemesisOptions) {
    this.#options = options;
    const { seed, storm, together, only, installation } = options;
    const isMeant = ({ name, isPossible }: Fault): boolean =>
      (only === undefined || only.includes(name)) && isPossible?.(installation) !== false;
    const mayHappen = { faults: FAULTS.filter(isMeant), openings: NO_MASTER_FAULTS.filter(isMeant) };
    this.#storms = new Storms({ seed, size: storm, together, ...mayHappen });
  }

  /**
   * So many storms; another one only until that time, and one that was begun is ended. False when the installation did not get well: then
   * nothing else is done to it.
   */
  rage(bounds: { readonly storms: number; readonly until: number }): Promise<boolean> {
    this.#raging = this.#rage(bounds);
    return this.#raging;
  }

  /** Begins nothing any more, and resolves when what was begun is healed: nobody is started again after that. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#raging?.catch(() => undefined);
  }

  async #rage({ storms, until }: { readonly storms: number; readonly until: number }): Promise<boolean> {
    while (!this.#isOver && this.#count < storms && nowMs() < until) {
      const storm = this.#storms.next();
      if (!(await this.#blow(storm))) return false;
      await pause(AFTER_WELL_MS + storm.calmMs);
    }
    return true;
  }

  async #blow({ faults }: Storm): Promise<boolean> {
    const storm = ++this.#count;
    const begunAt = nowMs();
    const on = new Set<On>();
    const all: On['healed'][] = [];
    for (const planned of faults) {
      await turn(planned, on);
      if (this.#isOver) break;
      const { touches } = planned.fault;
      const each: On = { touches, healed: this.#fault(planned).finally(() => on.delete(each)) };
      // Who fails is heard of below, when all the others are over.
      each.healed.catch(() => undefined);
      on.add(each);
      all.push(each.healed);
    }
    await Promise.allSettled(all);
    if (this.#isOver) return false;
    const healed = (await Promise.all(all)).filter((each) => each !== undefined);
    const health = await this.#options.healthyAt(Math.max(begunAt, ...healed.map(({ healedAt }) => healedAt)));
    for (const each of healed) this.#note({ ...each, storm, ...health });
    return health.healthyAt !== undefined;
  }

  /** Undefined where it could not be done to an installation as ill as that. */
  async #fault({ fault, salt, mayBeLong, isAlone }: Planned): Promise<Omit<Happened, 'storm'> | undefined> {
    const { installation, say } = this.#options;
    const { holdMsMax } = installation;
    const begunAt = nowMs();
    let begun: Begun;
    try {
      const on = mayBeLong ? installation : { ...installation, holdMsMax: Math.min(holdMsMax, HOLD_MS_MAX) };
      begun = await fault.begin(on, new Dice(salt));
    } catch (error) {
      say(`${fault.name}: not now, ${String(error)}`);
      return undefined;
    }
    const { target, holdMs, heal, isMasterDead = false } = begun;
    say(`${fault.name}: ${target}, for ${(holdMs / 1_000).toFixed(1)} s`);
    await pause(holdMs);
    await heal();
    return { fault: fault.name, target, begunAt, healedAt: nowMs(), isMasterDead, isAlone };
  }

  #note(happened: Happened): void {
    this.happened.push(happened);
    appendFileSync(this.#options.file, `${JSON.stringify(happened)}\n`);
  }
}

/** Resolves when it may begin: nothing that is on touches the same, and not too many are. */
async function turn({ fault, joins, afterMs }: Planned, on: ReadonlySet<On>): Promise<void> {
  if (joins) await pause(afterMs);
  const isInTheWay = ({ touches }: On): boolean => !joins || on.size >= AT_ONCE_MAX || touches.some((each) => fault.touches.includes(each));
  for (;;) {
    const inTheWay = [...on].filter(isInTheWay);
    if (inTheWay.length === 0) break;
    await Promise.race(inTheWay.map(({ healed }) => healed.catch(() => undefined)));
  }
  if (!joins) await pause(afterMs);
}
