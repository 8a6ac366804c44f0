/**
 * The profiles and announced bursts of an installation as their own topics have them: what is listed and edited. The forecast stage
 * folds copies of them, which the clerk (`forecasting/expectation-clerk.ts`) makes from this book.
 */
import { type AnnouncedBursts, NO_BURSTS, notOver, withBurst } from '../../../pipelines/announced-bursts.ts';
import type { Clock, EventLog, LogEntry, Subscription } from '../../../pipelines/ports.ts';
import { profileMisfit } from '../../../pipelines/profile-check.ts';
import { keyOfProfile } from '../../../pipelines/profile-keys.ts';
import { encode } from '../../../schemas/codec.ts';
import type { BurstDeclared, ProfileSet } from '../../../schemas/messages.ts';
import { type Message, TOPICS, type Topic } from '../../../schemas/topics.ts';
import { readable } from '../ledger/dead-letters.ts';

const READ_LIMIT = 1_024;

export interface ExpectationBookOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly partitionCount: number;
  readonly onFailure: (error: unknown) => void;
}

interface Follower {
  readonly topic: Topic;
  readonly partition: number;
  nextOffset: number;
  subscription?: Subscription;
}

export class ExpectationBook {
  readonly #options: ExpectationBookOptions;
  /** By key, each with the offset it stands at. */
  readonly #profiles = new Map<string, { readonly profile: ProfileSet; readonly offset: number }>();
  /** By partition, then by stream. */
  readonly #bursts: Map<string, AnnouncedBursts>[];
  readonly #followers: Follower[];
  #reached: (() => void)[] = [];
  #isStarted = false;
  /** Hears of every change once the book is complete. */
  onChange: () => void = () => undefined;

  constructor(options: ExpectationBookOptions) {
    this.#options = options;
    const partitions = Array.from({ length: options.partitionCount }, (_, partition) => partition);
    this.#bursts = partitions.map(() => new Map());
    this.#followers = [
      { topic: TOPICS.profiles, partition: 0, nextOffset: 0 },
      ...partitions.map((partition) => ({ topic: TOPICS.announcements, partition, nextOffset: 0 })),
    ];
  }

  /** Reads everything that is kept, then follows: what is not in the book afterwards does not exist. */
  async start(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => this.#start(follower)));
    this.#isStarted = true;
  }

  /** By client type, service and sequence. */
  profiles(): ProfileSet[] {
    const profiles = [...this.#profiles.values()].map(({ profile }) => profile);
    return profiles.sort((a, b) => (keyOfProfile(a) < keyOfProfile(b) ? -1 : 1));
  }

  profile(key: string): ProfileSet | undefined {
    return this.#profiles.get(key)?.profile;
  }

  /** Bursts of one partition that are not over. */
  burstsOf(partition: number): BurstDeclared[] {
    const nowMs = this.#options.clock.nowMs();
    return [...(this.#bursts[partition]?.values() ?? [])].flatMap((bursts) => notOver(bursts, nowMs));
  }

  /** Bursts that are not over, by when they begin. */
  bursts(): BurstDeclared[] {
    return this.#bursts.flatMap((_, partition) => this.burstsOf(partition)).sort((a, b) => a.fromMs - b.fromMs);
  }

  /** Appends; resolves when the book has it. What no profile needs any more is cut off the topic. */
  async setProfile(profile: ProfileSet): Promise<void> {
    const { log } = this.#options;
    await this.#append(TOPICS.profiles, 0, profile);
    const end = this.#followers[0]?.nextOffset ?? 0;
    const oldest = [...this.#profiles.values()].reduce((least, { offset }) => Math.min(least, offset), end);
    if (oldest > (await log.startOffset(TOPICS.profiles.name, 0))) await log.cut(TOPICS.profiles.name, 0, oldest);
  }

  async declare(partition: number, burst: BurstDeclared): Promise<void> {
    await this.#append(TOPICS.announcements, partition, burst);
  }

  async close(): Promise<void> {
    await Promise.all(this.#followers.map(async (follower) => follower.subscription?.close()));
  }

  async #append(topic: Topic, partition: number, message: ProfileSet | BurstDeclared): Promise<void> {
    const offset = await this.#options.log.append({ topic: topic.name, partition, records: [encode(message)] });
    const follower = this.#followers.find((each) => each.topic === topic && each.partition === partition);
    while (follower !== undefined && follower.nextOffset <= offset) await new Promise<void>((resolve) => this.#reached.push(resolve));
  }

  async #start(follower: Follower): Promise<void> {
    const { log, onFailure } = this.#options;
    const { partition } = follower;
    const topic = follower.topic.name;
    follower.nextOffset = await log.startOffset(topic, partition);
    for (;;) {
      const entries = await log.read(topic, partition, follower.nextOffset, READ_LIMIT);
      if (entries.length === 0) break;
      this.#fold(follower, entries);
    }
    const handler = (entries: readonly LogEntry[]): void => this.#fold(follower, entries);
    follower.subscription = log.subscribe({ topic, partition, from: follower.nextOffset, handler, onError: onFailure });
  }

  #fold(follower: Follower, entries: readonly LogEntry[]): void {
    // The stages that act on it have put aside what cannot be read.
    for (const entry of entries)
      for (const message of readable(follower.topic, [entry], () => undefined)) this.#note(follower, message, entry.offset);
    follower.nextOffset = (entries.at(-1)?.offset ?? follower.nextOffset - 1) + 1;
    for (const resolve of this.#reached.splice(0)) resolve();
    if (this.#isStarted) this.onChange();
  }

  #note({ partition }: Follower, message: Message, offset: number): void {
    if (message.kind === 'ProfileSet') {
      const key = keyOfProfile(message);
      if (message.pattern === 'none' || profileMisfit(message) !== undefined) this.#profiles.delete(key);
      else this.#profiles.set(key, { profile: message, offset });
    }
    if (message.kind !== 'BurstDeclared') return;
    const known = this.#bursts[partition];
    const bursts = withBurst(known?.get(message.stream) ?? NO_BURSTS, message, this.#options.clock.nowMs());
    if (bursts.length === 0) known?.delete(message.stream);
    else known?.set(message.stream, bursts);
  }
}
