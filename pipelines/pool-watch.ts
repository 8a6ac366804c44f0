/**
 * Which pools fell silent, told without a clock: an allocator writes a beat a second to the members topic and reads it back, and a
 * pool is silent when so many beats went by without a word of it. While the log is away nobody's beats arrive, so nobody is silent.
 */
import type { MemberEvent } from '../schemas/messages.ts';

/** Beats without a word after which a pool's streams move to another. A pool says something every second. */
const SILENT_BEATS = 3;
/** Beats after which what lies with it is lost: beyond the 5 s for which it may serve ordered streams, with two to spare. */
const GONE_BEATS = 8;

export interface Silence {
  readonly silent: readonly string[];
  readonly gone: readonly string[];
}

export class PoolWatch {
  readonly #beats = new Map<string, number>();

  heard({ member, role, event }: Pick<MemberEvent, 'member' | 'role' | 'event'>): void {
    if (role !== 'pool') return;
    if (event === 'draining') this.#beats.delete(member);
    else if (event === 'lost') this.#beats.set(member, SILENT_BEATS);
    else this.#beats.set(member, 0);
  }

  /** One more beat was read back: pools that just became silent or gone. */
  beat(): Silence {
    const silent: string[] = [];
    const gone: string[] = [];
    for (const [pool, beats] of this.#beats) {
      const now = beats + 1;
      this.#beats.set(pool, now);
      if (now === SILENT_BEATS) silent.push(pool);
      if (now === GONE_BEATS) gone.push(pool);
      if (now > GONE_BEATS) this.#beats.delete(pool);
    }
    return { silent, gone };
  }
}
