/**
 * What the route table says of pools: where each is reached, and whether it is served. One allocator is enough to write what everybody hears.
 * Callers who take values straight out of Redis have nothing else to tell them that nobody fills the pool of their stream any more.
 */
import type { MemberEvent } from '../../../schemas/messages.ts';
import type { MemberDirectory } from '../members/member-directory.ts';
import type { RouteWriter } from './route-writer.ts';

export interface PoolRoutesOptions {
  readonly members: Pick<MemberDirectory, 'listen' | 'quietPools'>;
  readonly writer: Pick<RouteWriter, 'pool'>;
  /** Whether this process is the one that writes. */
  readonly isWriting: () => boolean;
}

export class PoolRoutes {
  readonly #options: PoolRoutesOptions;
  /** Written as silent since they were heard last. */
  readonly #silent = new Set<string>();

  constructor(options: PoolRoutesOptions) {
    this.#options = options;
    options.members.listen((event) => {
      if (event.role !== 'pool') return;
      this.#silent.delete(event.member);
      this.#write(event, event.event);
    });
  }

  /** Once a second. */
  look(): void {
    for (const event of this.#options.members.quietPools()) {
      if (this.#silent.has(event.member) || !this.#options.isWriting()) continue;
      this.#silent.add(event.member);
      this.#write(event, 'silent');
    }
  }

  #write({ member, endpoint, incarnation }: MemberEvent, state: MemberEvent['event'] | 'silent'): void {
    if (this.#options.isWriting()) this.#options.writer.pool(member, { endpoint, incarnation, state });
  }
}
