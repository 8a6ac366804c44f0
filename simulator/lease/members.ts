/** The members topic of a simulated world: who said what, in order. While the log is away nobody's word arrives, and no record either. */
import type { Proposal } from '../../pipelines/allocation.ts';
import type { MemberEvent } from '../../schemas/messages.ts';
import type { Dice } from '../dice.ts';
import type { Surroundings } from '../surroundings.ts';

export type Word = Pick<MemberEvent, 'member' | 'role' | 'event' | 'incarnation' | 'atMs'>;

export class Members {
  readonly words: Word[] = [];
  awayUntilMs = 0;
  readonly #world: Surroundings;

  constructor(world: Surroundings) {
    this.#world = world;
  }

  get isAway(): boolean {
    return this.#world.nowMs < this.awayUntilMs;
  }

  /** True where the log took it. */
  say(word: Omit<Word, 'atMs'>): boolean {
    if (this.isAway) return false;
    this.words.push({ ...word, atMs: this.#world.nowMs });
    return true;
  }

  propose(proposals: readonly Proposal[], dice: Dice): void {
    if (!this.isAway) for (const proposal of proposals) this.#world.propose(proposal, dice);
  }
}
