/**
 * API keys that an older version kept among the routes, moved to a place of their own when a table is opened: each in one atomic step, once,
 * by the first process whose user of Redis may read keys. Where there is nothing to move this costs one look.
 */
import type { Redis } from 'ioredis';
import { MOVE_SCRIPT } from './route-table-scripts.ts';

/** Entries moved in a step: others wait no longer than that takes. */
const MOVED_ENTRIES = 500;

export interface SecretPlaces {
  /** What keys of the table begin with that are secret. */
  readonly beginning: string;
  /** Hash of the entries and sorted set of the keys: of the routes, and of what is secret. */
  readonly routes: readonly [string, string];
  readonly secrets: readonly [string, string];
  readonly version: string;
  readonly channel: string;
}

/** Resolves to whether none is left among the routes: a user that is not let into the other place leaves them to one that is. */
export async function moveSecrets(commands: Redis, { beginning, routes, secrets, version, channel }: SecretPlaces): Promise<boolean> {
  // No key holds the byte FF, so it ends the range.
  const [lowest, highest] = [`[${beginning}`, Buffer.concat([Buffer.from(`(${beginning}`), Buffer.from([0xff])])] as const;
  const [first] = await commands.zrangebylex(routes[1], lowest, highest, 'LIMIT', 0, 1);
  if (first === undefined) return true;
  try {
    for (;;) {
      const left = await commands.eval(MOVE_SCRIPT, 5, ...routes, ...secrets, version, channel, lowest, highest, MOVED_ENTRIES);
      if (Number(left) === 0) return true;
    }
  } catch (error) {
    if (error instanceof Error && /\bNOPERM\b|No permissions/i.test(error.message)) return false;
    throw error;
  }
}
