/**
 * Which pools fell silent, told without a clock: an allocator writes a beat a second to the members topic and reads it back, and a
 * life of a pool is silent when so many beats went by without a word of it. While the log is away nobody's beats arrive, so nobody is silent.
 *
 * Lives are watched one by one: a former primary that is in charge again speaks for the life it has, and not for the one that followed it.
 */
import type { MemberEvent } from '../schemas/messages.ts';

/** Beats without a word after which a pool's streams move to another. A pool says something every second. */
const SILENT_BEATS = 3;
/** Beats after which what lies with it is lost: beyond the 5 s for which it may serve ordered streams, with two to spare. */
const GONE_BEATS = 8;

export interface PoolLife {
  readonly pool: string;
  readonly incarnation: string;
}

export interface Silence {
  readonly silent: readonly PoolLife[];
  /** Pools of which no life says anything. */
  readonly gone: readonly string[];
}

export class PoolWatch {
  /** Beats since the last word, by pool and life. */
  readonly #beats = new Map<string, Map<string, number>>();

  heard({ member, role, event, incarnation }: Pick<MemberEvent, 'member' | 'role' | 'event' | 'incarnation'>): void {
    if (role !== 'pool') return;
    if (event === 'draining') {
      this.#beats.delete(member);
      return;
    }
    const lives = this.#beats.get(member) ?? new Map<string, number>();
    lives.set(incarnation, event === 'lost' ? SILENT_BEATS : 0);
    this.#beats.set(member, lives);
  }

  /** One more beat was read back: lives that just became silent, and pools that are gone with it. */
  beat(): Silence {
    const silent: PoolLife[] = [];
    const gone: string[] = [];
    for (const [pool, lives] of this.#beats) {
      for (const [incarnation, beats] of lives) {
        if (beats + 1 === SILENT_BEATS) silent.push({ pool, incarnation });
        lives.set(incarnation, beats + 1);
      }
      if (Math.min(...lives.values()) === GONE_BEATS) gone.push(pool);
      for (const [incarnation, beats] of lives) if (beats > GONE_BEATS) lives.delete(incarnation);
      if (lives.size === 0) this.#beats.delete(pool);
    }
    return { silent, gone };
  }
}
