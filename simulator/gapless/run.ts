/**
 * A gapless pool under faults: two services, a database with a lagging standby, copies of it, and the log that knows better. Runs a seed
 * to its end, or to the first thing that cannot be true.
 */
import type { Interval } from '../../core/interval.ts';
import { Coverage } from '../coverage.ts';
import { Dice } from '../dice.ts';
import { Callers } from './callers.ts';
import { GaplessCheck, type GaplessInvariant, GaplessViolation } from './check.ts';
import type { GaplessDatabase } from './database.ts';
import { chosenGaplessFaults, type GaplessFault } from './faults.ts';
import { ALL_GUARDS, type GaplessGuards } from './guards.ts';
import { GaplessService } from './service.ts';
import { GaplessSurroundings } from './surroundings.ts';

const EVENTS = 350;
const QUIET_STEPS = 400;
const STEP_MS_MAX = 120;

export interface GaplessRun {
  readonly violation: { readonly invariant: GaplessInvariant; readonly message: string } | undefined;
  readonly acknowledged: number;
}

export interface GaplessOptions {
  readonly seed: number;
  readonly guards?: GaplessGuards;
  readonly coverage?: Coverage;
}

export function runGaplessSeed({ seed, guards = ALL_GUARDS, coverage = new Coverage() }: GaplessOptions): GaplessRun {
  const dice = new Dice(seed);
  const world = new GaplessWorld(chosenGaplessFaults(dice), guards, coverage);
  try {
    world.run(dice);
    return { violation: undefined, acknowledged: world.check.acknowledged };
  } catch (error) {
    const { acknowledged } = world.check;
    if (error instanceof GaplessViolation) return { violation: { invariant: error.invariant, message: error.message }, acknowledged };
    if (error instanceof Error && error.message.startsWith('broken invariant'))
      return { violation: { invariant: 'assertion', message: error.message }, acknowledged };
    throw error;
  }
}

type Happening = readonly [weight: number, fault: GaplessFault | undefined, happen: (dice: Dice) => void];

class GaplessWorld {
  readonly check = new GaplessCheck();
  readonly #common: GaplessSurroundings;
  readonly #services: readonly GaplessService[];
  readonly #callers: Callers;
  readonly #happenings: readonly Happening[];

  constructor(faults: ReadonlySet<GaplessFault>, guards: GaplessGuards, coverage: Coverage) {
    this.#common = new GaplessSurroundings(faults, guards, coverage);
    this.#callers = new Callers(this.#common, this.check);
    this.#services = [new GaplessService(this.#common, this.#callers), new GaplessService(this.#common, this.#callers)];
    const all = this.#allHappenings();
    this.#happenings = all.filter(([, fault]) => fault === undefined || faults.has(fault));
  }

  run(dice: Dice): void {
    const total = this.#happenings.reduce((sum, [weight]) => sum + weight, 0);
    for (let event = 0; event < EVENTS; event++) {
      this.#common.advance(dice.int(STEP_MS_MAX));
      this.#common.log.step();
      let left = dice.int(total);
      const happening = this.#happenings.find(([weight]) => {
        left -= weight;
        return left < 0;
      });
      happening?.[2](dice);
    }
    this.#calmDown(dice);
  }

  #allHappenings(): readonly Happening[] {
    const common = this.#common;
    const someService = (dice: Dice): GaplessService => dice.pick(this.#services);
    return [
      // The first service does most of the work, as a leader does; the other one is there when it should not be.
      [110, undefined, (dice) => (this.#services[0] as GaplessService).act(dice)],
      [25, undefined, (dice) => (this.#services[1] as GaplessService).act(dice)],
      [60, undefined, (dice) => this.#callers.ask(dice)],
      [20, undefined, (dice) => this.#replicate(dice)],
      [3, 'fail-over', (dice) => this.#failOver(dice)],
      [2, 'fail-back', (dice) => this.#failBack(dice)],
      [1, 'restore', (dice) => this.#restore(dice)],
      [3, 'file-copy', () => this.#copyFiles()],
      [1, 'file-copy', (dice) => this.#startCopy(dice)],
      [3, 'moved-connection', (dice) => someService(dice).moveConnection(common.primary)],
      [4, 'service-crash', (dice) => someService(dice).fall()],
      [1, 'clock-jump', (dice) => this.#jump(dice)],
    ];
  }

  #replicate(dice: Dice): void {
    const { primary, replicated, faults } = this.#common;
    const behind = primary.length - replicated;
    this.#common.replicated += faults.has('lagging-standby') ? dice.int(behind + 1) : behind;
  }

  #failOver(dice: Dice): void {
    const { primary, faults, coverage } = this.#common;
    // A standby that does not lag has what was committed: the primary waited for it.
    const length = faults.has('lagging-standby') ? this.#common.replicated : primary.length;
    coverage.countOf('fail-over', length < primary.length ? 'lossy' : 'clean');
    primary.isUp = faults.has('zombie-primary') && dice.chance(0.7);
    this.#common.promote(this.#common.add(primary.copy(this.#common.nextName(), length)));
  }

  #failBack(dice: Dice): void {
    const former = dice.pick(this.#common.databases);
    if (former === this.#common.primary) return;
    this.#common.coverage.count('fail-back');
    former.isUp = true;
    this.#common.promote(former);
  }

  #restore(dice: Dice): void {
    const { primary } = this.#common;
    this.#common.coverage.count('restore');
    primary.isUp = false;
    this.#common.promote(this.#common.add(primary.copy(this.#common.nextName(), dice.int(primary.length + 1))));
  }

  #copyFiles(): void {
    const { primary } = this.#common;
    this.#common.backup = primary.copy('backup', primary.length);
  }

  #startCopy(dice: Dice): void {
    const { backup, primary, faults } = this.#common;
    if (backup === undefined) return;
    this.#common.coverage.count('copy started');
    primary.isUp = faults.has('zombie-primary') && dice.chance(0.7);
    this.#common.promote(this.#common.add(backup.copy(this.#common.nextName(), backup.length)));
  }

  #jump(dice: Dice): void {
    this.#common.coverage.count('clock-jump');
    this.#common.advance(dice.between(-5_000, 5_000));
  }

  /** No fault any more. A database that may serve must, with everything that was acknowledged; where none may, an operator decides. */
  #calmDown(dice: Dice): void {
    const common = this.#common;
    common.faults.clear();
    while (!common.log.isQuiet()) common.log.step();
    if (!common.guards.lifeInLog) return;
    const sound = common.databases.filter((database) => common.judge(database, common.log.now) === 'may-serve');
    for (const database of sound) this.check.kept((number) => database.find(number), database.name);
    const [best] = sound;
    common.coverage.countOf('end', best === undefined ? 'stopped: an operator decides' : 'served');
    if (best !== undefined) this.#serveQuietly(best, dice);
    // Where there was never another copy, nothing was lost and nobody has a reason to stop.
    else if (common.databases.length === 1) throw new GaplessViolation('liveness', 'the only database may not serve');
  }

  #serveQuietly(database: GaplessDatabase, dice: Dice): void {
    database.isUp = true;
    this.#common.promote(database);
    for (const service of this.#services) service.fall();
    const before = this.check.acknowledged;
    for (let step = 0; step < QUIET_STEPS; step++) {
      this.#common.log.step();
      if (step % 4 === 0) this.#callers.ask(dice);
      (this.#services[0] as GaplessService).act(dice);
    }
    if (this.check.acknowledged === before) throw new GaplessViolation('liveness', `${database.name} may serve and does not`);
    this.check.kept((number) => database.find(number), database.name);
    const live = database.all().filter(({ state }) => state === 'reserved' || state === 'confirmed');
    checkDisjoint(live.flatMap(({ intervals }) => intervals));
  }
}

/** T1 inside the database. */
function checkDisjoint(intervals: readonly Interval[]): void {
  let past = 0;
  for (const { start, end } of [...intervals].sort((a, b) => a.start - b.start)) {
    if (start < past) throw new GaplessViolation('T1', `[${start}, ${end}) is held twice`);
    past = end;
  }
}
