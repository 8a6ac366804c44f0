/** The pool's Redis: a copy that lags takes over while the old one believes in itself, old data come back, everything is lost. */
import { pause } from '../clients/callers.ts';
import { type Fault, heldMs } from './fault.ts';
import { disturbed } from './line-faults.ts';

const LAG_MS_MIN = 200;
const LAG_MS_MAX = 3_000;
const SPLIT_MS_MIN = 200;
const SPLIT_MS_MAX = 5_000;
const DOWN_MS_MIN = 200;
const DOWN_MS_MAX = 4_000;
/** Between the backup and the day it is needed. */
const BACKUP_AGE_MS = 1_500;

export const REDIS_FAULTS: readonly Fault[] = [
  {
    name: 'lagging failover with split brain',
    touches: ['redis'],
    weight: 4,
    async begin({ engines: { redis } }, dice) {
      const old = redis.primary;
      const lagMs = heldMs(dice, LAG_MS_MIN, LAG_MS_MAX);
      const keepsOld = dice.chance(0.5);
      redis.copying[old].disturb('hole');
      await pause(lagMs);
      await redis.promote({ keepsOld }).catch((error: unknown) => {
        redis.copying[old].mend();
        throw error;
      });
      const heal = async (): Promise<void> => {
        redis.copying[old].mend();
        // What it has is replaced by what the new one has, while its process lives on.
        await redis.follow(old, redis.primary);
      };
      const target = `${redis.nodes[old].name} to ${redis.nodes[redis.primary].name}, ${lagMs} ms behind${keepsOld ? ', old connections stay' : ''}`;
      return { target, holdMs: heldMs(dice, SPLIT_MS_MIN, SPLIT_MS_MAX), heal };
    },
  },
  {
    name: 'Redis killed',
    touches: ['redis'],
    weight: 2,
    async begin({ engines: { redis } }, dice) {
      const node = redis.nodes[redis.primary];
      await node.kill();
      return { target: node.name, holdMs: heldMs(dice, DOWN_MS_MIN, DOWN_MS_MAX), heal: () => node.start() };
    },
  },
  {
    name: 'Redis back with old data',
    touches: ['redis'],
    weight: 2,
    async begin({ engines: { redis } }, dice) {
      const place = redis.primary;
      await redis.backUp(place);
      await pause(BACKUP_AGE_MS);
      await redis.nodes[place].kill();
      const heal = (): Promise<void> => redis.startFromBackup(place);
      return { target: redis.nodes[place].name, holdMs: heldMs(dice, DOWN_MS_MIN, DOWN_MS_MAX), heal };
    },
  },
  {
    name: 'Redis reloads its data',
    touches: ['redis'],
    weight: 1,
    async begin({ engines: { redis } }) {
      const place = redis.primary;
      await redis.cli(place, 'DEBUG', 'RELOAD', 'NOSAVE').catch(() => redis.cli(place, 'FUNCTION', 'FLUSH'));
      return { target: redis.nodes[place].name, holdMs: 0, heal: () => undefined };
    },
  },
  {
    name: 'Redis frozen',
    touches: ['redis'],
    weight: 2,
    async begin({ engines: { redis } }, dice) {
      const node = redis.nodes[redis.primary];
      await node.freeze();
      return { target: node.name, holdMs: heldMs(dice, DOWN_MS_MIN, 2 * DOWN_MS_MAX), heal: () => node.thaw() };
    },
  },
  {
    name: 'line to Redis',
    touches: ['redis'],
    weight: 4,
    begin: ({ engines: { redis } }, dice) => disturbed(redis.line, 'the pool', dice),
  },
];
