/**
 * Follows the ends of partitions that somebody subscribed to: one long poll to each broker for all that it leads. What arrives is
 * handed to the subscribers of the partition; one that is behind reads on by itself until it continues what arrives here.
 *
 * A broker that is away ends nothing: its partitions are asked for again, of whoever leads them then.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { SequenceError } from '../../core/errors.ts';
import type { Follower } from '../follower.ts';
import { type Fetched, type FetchFrom, fetchEntries, outOfRange, type Place } from './fetching.ts';
import type { Lines } from './lines.ts';
import type { Placement } from './placement.ts';

/** Between questions for a topic that was there and is not now. */
const MISSING_PAUSE_MS = 1_000;
/** A partition that is added has to wait for the poll on its way; each poll costs some processor time when nothing happens. */
const POLL_MS = 250;
/**
 * Where so many records come with one answer more are on their way, and each answer costs the same on both sides however little it holds:
 * the next question waits a moment. A record that comes alone, such as an order or an allocation, makes nobody wait.
 */
const BUSY_RECORDS_MIN = 16;
const BUSY_PAUSE_MS = 1;

export interface Feed extends Place {
  readonly followers: Set<Follower>;
  /** Where to go on; undefined until somebody read up to the end. */
  position: number | undefined;
  /** One past the newest record, as far as is known. */
  end: number | undefined;
  /** Set when records that were read are gone: it is not the same log any more. */
  lost: SequenceError | undefined;
}

export interface LiveFeed {
  /** The feed of a partition, made where there is none yet. */
  feed(place: Place): Feed;
  /** Somebody read up to `end`: the feed goes on from there if it does not run yet. */
  begin(feed: Feed, end: number): void;
  /** Ends a feed that nobody follows any more. */
  release(feed: Feed): void;
  readonly feeds: Iterable<Feed>;
  close(): void;
}

export interface LiveFeedOptions {
  readonly lines: Lines;
  readonly placement: Placement;
  /** Hears of what nobody foresaw. */
  readonly onFailure: (error: unknown) => void;
}

export function createLiveFeed({ lines, placement, onFailure }: LiveFeedOptions): LiveFeed {
  const feeds = new Map<string, Feed>();
  const polling = new Set<number>();
  const locating = new Set<Feed>();
  let isClosed = false;

  /** Starts a poll at each broker that leads something and has none. */
  function wake(): void {
    if (isClosed) return;
    for (const feed of feeds.values()) {
      if (feed.position === undefined) continue;
      const node = placement.leader(feed.topic, feed.partition);
      if (node === undefined) locate(feed);
      else if (!polling.has(node)) poll(node).catch(onFailure);
    }
  }

  function locate(feed: Feed): void {
    if (locating.has(feed)) return;
    locating.add(feed);
    placement
      .locate(feed.topic, feed.partition)
      .catch(async (error: unknown) => {
        // Not there, say the brokers; one that is just coming back may be wrong.
        if (error instanceof SequenceError) await pause(MISSING_PAUSE_MS, undefined, { ref: false });
      })
      .finally(() => {
        locating.delete(feed);
        wake();
      });
  }

  async function poll(node: number): Promise<void> {
    polling.add(node);
    try {
      for (;;) {
        const from = ledBy(node);
        if (isClosed || from.length === 0) return;
        const fetched = await ask(node, from);
        if (fetched === undefined) return;
        for (const each of fetched) deliver(each);
        if (fetched.reduce((sum, { entries }) => sum + entries.length, 0) >= BUSY_RECORDS_MIN) await pause(BUSY_PAUSE_MS);
      }
    } finally {
      polling.delete(node);
      wake();
    }
  }

  /**
   * What that broker is asked for. A partition may pass to a broker that led nothing before, while this one goes on leading others and no
   * poll fails: whoever notices first sees to it that the new one is asked.
   */
  function ledBy(node: number): FetchFrom[] {
    const from: FetchFrom[] = [];
    let isLeftOut = false;
    for (const { topic, partition, position } of feeds.values()) {
      if (position === undefined) continue;
      const leader = placement.leader(topic, partition);
      if (leader === node) from.push({ topic, partition, from: position });
      else if (leader === undefined || !polling.has(leader)) isLeftOut = true;
    }
    if (isLeftOut) wake();
    return from;
  }

  /** Undefined where that broker did not answer: the line to it pauses, tells the health record, and is made anew. */
  async function ask(node: number, from: readonly FetchFrom[]): Promise<Fetched[] | undefined> {
    try {
      return await lines.ask(node, async (broker) => {
        try {
          return await fetchEntries(broker, from, { waitMs: POLL_MS });
        } catch (error) {
          const place = outOfRange(error);
          if (place === undefined) throw error;
          await findPlace(place);
          return [];
        }
      });
    } catch {
      placement.doubt();
      return undefined;
    }
  }

  function deliver({ topic, partition, entries, next, end }: Fetched): void {
    const feed = feeds.get(keyOf({ topic, partition }));
    if (feed?.position === undefined) return;
    feed.position = Math.max(feed.position, next);
    feed.end = Math.max(end, feed.end ?? 0);
    if (entries.length > 0) for (const follower of feed.followers) follower.offer(entries);
  }

  /** The broker does not have the offset: records were cut off before it, or the log ends earlier than it once did. */
  async function findPlace(place: Place): Promise<void> {
    const feed = feeds.get(keyOf(place));
    if (feed?.position === undefined) return;
    const { start, end } = await placement.bounds(place.topic, place.partition);
    if (feed.position < start) feed.position = start;
    else if (feed.position > end) {
      feed.lost = shorter(feed, feed.position, end);
      // They read on, and are told there.
      for (const follower of feed.followers) follower.notice(feed.position + 1);
      feed.position = undefined;
    }
  }

  return {
    feed(place) {
      const { topic, partition } = place;
      let feed = feeds.get(keyOf(place));
      if (feed === undefined) {
        feed = { topic, partition, followers: new Set(), position: undefined, end: undefined, lost: undefined };
        feeds.set(keyOf(place), feed);
      }
      return feed;
    },
    begin(feed, end) {
      feed.end = Math.max(end, feed.end ?? 0);
      if (feed.position !== undefined || feed.lost !== undefined) return;
      feed.position = end;
      wake();
    },
    release(feed) {
      if (feed.followers.size === 0 && feeds.get(keyOf(feed)) === feed) feeds.delete(keyOf(feed));
    },
    get feeds() {
      return feeds.values();
    },
    close() {
      isClosed = true;
    },
  };
}

function keyOf({ topic, partition }: Place): string {
  return `${partition} ${topic}`;
}

function shorter({ topic, partition }: Feed, position: number, end: number): SequenceError {
  const message = `${topic}/${partition} ends at offset ${end} and was read up to ${position} before: records are lost, or the topic was made anew`;
  return new SequenceError('SEQ_DATA_CORRUPT', message, { topic, partition, offset: position });
}
