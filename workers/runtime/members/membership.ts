/** This process on the members topic: that it came, lives, owns what, and leaves. */
import type { Clock, EventLog } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { PendingAppends } from '../process/pending-appends.ts';
import { NO_LOAD } from './member-record.ts';

export interface MembershipOptions {
  readonly member: string;
  readonly role: Exclude<MemberEvent['role'], 'pool'>;
  /** This life of the process. */
  readonly incarnation: string;
  readonly endpoint: string;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
  readonly takeOvers?: () => { readonly count: number; readonly lastAtMs: number };
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #sending: PendingAppends;
  #partitions: readonly number[] = [];
  #ownedSinceMs = 0;
  #isSending = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#sending = new PendingAppends(options.onFailure);
  }

  get partitions(): readonly number[] {
    return this.#partitions;
  }

  owns(partitions: readonly number[]): void {
    if (String(partitions) !== String(this.#partitions)) this.#ownedSinceMs = this.#options.clock.nowMs();
    this.#partitions = partitions;
    this.say('heartbeat');
  }

  /** A heartbeat is left out while the last one is on its way: what piled up would say later what was true long before. */
  say(event: MemberEvent['event']): void {
    if (event === 'heartbeat' && this.#isSending) return;
    const { member, role, incarnation, endpoint, log, clock, takeOvers } = this.#options;
    const { count = 0, lastAtMs = 0 } = takeOvers?.() ?? {};
    const record: MemberEvent = {
      kind: 'MemberEvent',
      member,
      role,
      event,
      incarnation,
      poolKind: '',
      endpoint,
      atMs: clock.nowMs(),
      partitions: this.#partitions,
      ownedSinceMs: this.#ownedSinceMs,
      takeOvers: count,
      tookOverAtMs: lastAtMs,
      ...NO_LOAD,
    };
    this.#isSending = true;
    const said = log.append({ topic: TOPICS.members.name, partition: 0, records: [encode(record)] });
    this.#sending.add(
      said.finally(() => {
        this.#isSending = false;
      }),
    );
  }

  async leave(): Promise<void> {
    this.say('draining');
    await this.#sending.settle();
  }
}
