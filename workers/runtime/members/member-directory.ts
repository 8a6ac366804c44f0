/** Everybody on the members topic, as last heard: what `seqcast allocators` and `seqcast pools` show, and where pools are reached. */
import type { Clock, EventLog, LogEntry, Subscription } from '../../../pipelines/ports.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { readable } from '../ledger/dead-letters.ts';
import type { MemberView } from '../service/service.ts';

/** Enough to hear of everybody: a member says something every second, and hundreds of members fit. */
const EVENTS_READ_BACK = 4_096;
/** A member that said nothing for so long is not there. */
const ABSENT_AFTER_MS = 10_000;
/**
 * A pool whose last word is so much older than the newest of anybody is filled by nobody: what it has is served, and nothing comes to it.
 * As long as allocators take for silence.
 */
const QUIET_AFTER_MS = 3_000;
/** Members that left or vanished are shown for so long. */
const FORGOTTEN_AFTER_MS = 600_000;

export class MemberDirectory {
  readonly #members = new Map<string, { readonly event: MemberEvent; readonly heardAtMs: number }>();
  readonly #options: { readonly log: EventLog; readonly clock: Clock; readonly onFailure: (error: unknown) => void };
  #subscription: Subscription | undefined;
  readonly #listeners: ((event: MemberEvent) => void)[] = [];

  constructor(options: { readonly log: EventLog; readonly clock: Clock; readonly onFailure: (error: unknown) => void }) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { log, onFailure } = this.#options;
    const topic = TOPICS.members.name;
    const end = await log.endOffset(topic, 0);
    const from = Math.max(await log.startOffset(topic, 0), end - EVENTS_READ_BACK);
    // What was said before this process came is taken in first, so that it knows the pools when it begins to serve.
    for (let next = from; next < end; ) {
      const entries = await log.read(topic, 0, next, EVENTS_READ_BACK);
      if (entries.length === 0) break;
      this.#note(entries);
      next = (entries.at(-1)?.offset ?? next) + 1;
    }
    this.#subscription = log.subscribe({ topic, partition: 0, from: end, handler: (entries) => this.#note(entries), onError: onFailure });
  }

  listen(listener: (event: MemberEvent) => void): void {
    this.#listeners.push(listener);
  }

  list(): MemberView[] {
    const nowMs = this.#options.clock.nowMs();
    const views: MemberView[] = [];
    for (const [key, { event, heardAtMs }] of this.#members) {
      const silentMs = nowMs - heardAtMs;
      if (silentMs > FORGOTTEN_AFTER_MS) this.#members.delete(key);
      else views.push(viewOf(event, heardAtMs, silentMs));
    }
    return views.sort((a, b) => (a.member < b.member ? -1 : 1));
  }

  /** What each pool said last, with when it was heard and what became of it. */
  pools(): { readonly event: MemberEvent; readonly view: MemberView }[] {
    const nowMs = this.#options.clock.nowMs();
    const pools = [...this.#members.values()].filter(({ event }) => event.role === 'pool');
    return pools
      .map(({ event, heardAtMs }) => ({ event, view: viewOf(event, heardAtMs, nowMs - heardAtMs) }))
      .sort((a, b) => (a.event.member < b.event.member ? -1 : 1));
  }

  /** Pools that said that they live, and have been quiet since. While the log is away nobody is heard, so nobody is quiet. */
  quietPools(): MemberEvent[] {
    const all = [...this.#members.values()];
    const newestMs = all.reduce((newest, { heardAtMs }) => Math.max(newest, heardAtMs), 0);
    const isQuiet = ({ event, heardAtMs }: (typeof all)[number]): boolean =>
      event.role === 'pool' && event.event !== 'draining' && event.event !== 'lost' && newestMs - heardAtMs > QUIET_AFTER_MS;
    return all.filter(isQuiet).map(({ event }) => event);
  }

  /** Pools that can be asked now. */
  livingPools(): MemberView[] {
    return this.list().filter(({ role, state }) => role === 'pool' && state === 'living');
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }

  #note(entries: readonly LogEntry[]): void {
    const heardAtMs = entries.at(-1)?.atMs ?? 0;
    for (const message of readable(TOPICS.members, entries, () => undefined)) {
      const event = message as MemberEvent;
      this.#members.set(`${event.role}/${event.member}`, { event, heardAtMs });
      for (const listener of this.#listeners) listener(event);
    }
  }
}

function viewOf(event: MemberEvent, heardAtMs: number, silentMs: number): MemberView {
  const { member, role, incarnation, endpoint, partitions, ownedSinceMs, takeOvers, tookOverAtMs } = event;
  const said = event.event === 'draining' || event.event === 'lost' ? event.event : 'living';
  const state = said === 'living' && silentMs > ABSENT_AFTER_MS ? 'absent' : said;
  return { member, role, state, incarnation, endpoint, partitions, ownedSinceMs, takeOvers, tookOverAtMs, heardAtMs };
}
