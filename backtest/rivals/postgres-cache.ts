/**
 * PostgreSQL's sequences: a session takes `cache` values at a time, and waits for them. A crash burns more than what sessions hold,
 * because the log is written up to 32 values ahead of what was asked for.
 */
import type { Policy } from '../harness/policy.ts';
import { onEmpty } from './on-empty.ts';

const CACHE = 1;
/** `SEQ_LOG_VALS` */
const LOGGED_AHEAD = 32;

export interface PostgresCache extends Policy {
  /** The most that a crash of the server can burn. */
  readonly crashBurnMax: number;
}

export function postgresCache(cache = CACHE, sessions = 1): PostgresCache {
  const rule = onEmpty({ name: `PostgreSQL, cache ${cache}`, size: () => cache });
  return { ...rule, crashBurnMax: LOGGED_AHEAD + cache * sessions };
}
