/**
 * Copies profiles and announced bursts into the consumption topic, partition by partition, so that the forecast stage folds one log and
 * a replay of it says the same again. Works by comparison: what the fold of a partition does not have is appended, what it has and
 * nobody says any more is taken back; so a copy that was lost, or made twice by a forecaster that came and one that went, mends itself.
 */
import type { Expectations } from '../../../pipelines/expectations.ts';
import type { EventLog } from '../../../pipelines/ports.ts';
import { keyOfProfile } from '../../../pipelines/profile-keys.ts';
import { encode } from '../../../schemas/codec.ts';
import type { BurstDeclared, ProfileSet } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { ExpectationBook } from '../expectations/expectation-book.ts';
import { PendingAppends } from '../process/pending-appends.ts';

/** Copies made at a time and partition; the next round makes the rest. */
const COPIES_MAX = 256;

/** A partition that a forecaster owns and follows, and how far its fold is. */
export interface FoldedPartition {
  readonly partition: number;
  readonly nextOffset: number;
  readonly expectations: Expectations;
}

export interface ExpectationClerkOptions {
  readonly log: EventLog;
  /** Started: what is not in it does not exist. */
  readonly book: Pick<ExpectationBook, 'profiles' | 'profile' | 'burstsOf' | 'onChange'>;
  readonly followed: () => Iterable<FoldedPartition>;
  readonly onFailure: (error: unknown) => void;
}

export class ExpectationClerk {
  readonly #options: ExpectationClerkOptions;
  readonly #appends: PendingAppends;
  /** Offset that the fold of a partition must have reached before its copies show; `Infinity` while they are on their way. */
  readonly #awaited = new Map<number, number>();
  copied = 0;

  constructor(options: ExpectationClerkOptions) {
    this.#options = options;
    this.#appends = new PendingAppends(options.onFailure);
    options.book.onChange = () => this.tick();
  }

  /** Compares every partition that is followed; call it now and then, and after a change. */
  tick(): void {
    const profiles = this.#options.book.profiles();
    for (const folded of this.#options.followed()) {
      const { partition, nextOffset } = folded;
      if (nextOffset < (this.#awaited.get(partition) ?? 0)) continue;
      const copies = this.#owed(folded, profiles).slice(0, COPIES_MAX);
      if (copies.length > 0) this.#append(partition, copies);
    }
  }

  async close(): Promise<void> {
    await this.#appends.settle();
  }

  #append(partition: number, copies: readonly (ProfileSet | BurstDeclared)[]): void {
    this.#awaited.set(partition, Number.POSITIVE_INFINITY);
    const append = this.#options.log.append({ topic: TOPICS.consumption.name, partition, records: copies.map((each) => encode(each)) });
    const settled = append.then(
      (offset) => {
        this.copied += copies.length;
        this.#awaited.set(partition, offset + copies.length);
      },
      (error: unknown) => {
        // Whether it arrived or not, the next round compares again.
        this.#awaited.delete(partition);
        throw error;
      },
    );
    this.#appends.add(settled);
  }

  #owed({ partition, expectations }: FoldedPartition, profiles: readonly ProfileSet[]): (ProfileSet | BurstDeclared)[] {
    const { book } = this.#options;
    const owed: (ProfileSet | BurstDeclared)[] = [];
    for (const profile of profiles) {
      const copy = expectations.profiles.get(keyOfProfile(profile));
      if (copy === undefined || !isSameProfile(copy, profile)) owed.push(profile);
    }
    for (const [key, copy] of expectations.profiles) {
      if (book.profile(key) === undefined) owed.push({ ...copy, pattern: 'none' });
    }
    const bursts = book.burstsOf(partition);
    for (const burst of bursts) {
      const copy = expectations.bursts.get(burst.stream)?.find((each) => each.fromMs === burst.fromMs);
      if (copy === undefined || copy.untilMs !== burst.untilMs || copy.rate !== burst.rate) owed.push(burst);
    }
    for (const copies of expectations.bursts.values()) {
      for (const copy of copies) {
        if (!bursts.some((each) => each.stream === copy.stream && each.fromMs === copy.fromMs)) owed.push({ ...copy, rate: 0 });
      }
    }
    return owed;
  }
}

/** A gateway gives a later word a later time; the rest is for whoever does not. */
function isSameProfile(one: ProfileSet, other: ProfileSet): boolean {
  return one.atMs === other.atMs && one.pattern === other.pattern && one.rate === other.rate;
}
