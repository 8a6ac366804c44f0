/** Which broker leads which partition, where partitions begin and end: what every reader and writer asks before it turns to a broker. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from 'kafkajs';
import { SequenceError } from '../../core/errors.ts';
import type { Link } from './link.ts';

/** Brokers tell each other of a new topic within moments. */
const KNOWN_ATTEMPTS_MAX = 40;
const KNOWN_EVERY_MS = 50;

export interface Bounds {
  /** Offset of the oldest record kept. */
  readonly start: number;
  /** One past the newest record that readers may see. */
  readonly end: number;
}

export interface Placement {
  /** The broker that leads a partition, as far as is known; undefined where it has to be asked for first (`locate`). */
  leader(topic: string, partition: number): number | undefined;
  /** Asks where it is not known. Throws `SEQ_INVALID_REQUEST` for a topic or partition that does not exist. */
  locate(topic: string, partition: number): Promise<number>;
  /** Something failed: what is known may be old, and is asked for anew by whoever locates next. */
  doubt(): void;
  bounds(topic: string, partition: number): Promise<Bounds>;
}

export interface PlacementOptions {
  readonly link: Link;
  /** Topics this process knows of; grows as others are located. */
  readonly topics: Set<string>;
  /** Hears the brokers that lead anything, whenever they were asked for. */
  readonly onLeaders: (nodes: ReadonlySet<number>) => void;
}

export function createPlacement({ link, topics, onLeaders }: PlacementOptions): Placement {
  const leaders = new Map<string, ReadonlyMap<number, number>>();
  let isDoubtful = false;
  let asking: Promise<void> | undefined;

  async function ask(topic: string): Promise<void> {
    await link.use(async ({ cluster }) => {
      isDoubtful = false;
      try {
        await cluster.addTargetTopic(topic);
      } catch (error) {
        const { type } = error as { type?: unknown };
        if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'INVALID_TOPIC_EXCEPTION') {
          leaders.delete(topic);
          topics.delete(topic);
          throw missing(`there is no topic ${topic}`, topic);
        }
        throw error;
      }
      topics.add(topic);
      await refresh(cluster, topic);
      for (const name of topics) {
        const partitions = cluster.findTopicPartitionMetadata(name);
        if (partitions.length === 0) leaders.delete(name);
        else leaders.set(name, new Map(partitions.map(({ partitionId, leader }) => [partitionId, leader])));
      }
    });
    onLeaders(new Set([...leaders.values()].flatMap((partitions) => [...partitions.values()])));
  }

  /** One question at a time: many readers lose a broker together. */
  async function askOnce(topic: string): Promise<void> {
    while (asking !== undefined) {
      await asking.catch(() => undefined);
      if (!isDoubtful && leaders.has(topic)) return;
    }
    asking = ask(topic).finally(() => {
      asking = undefined;
    });
    await asking;
  }

  function leader(topic: string, partition: number): number | undefined {
    return isDoubtful ? undefined : leaders.get(topic)?.get(partition);
  }

  async function locate(topic: string, partition: number): Promise<number> {
    const known = leader(topic, partition);
    if (known !== undefined) return known;
    if (isDoubtful || !leaders.has(topic)) await askOnce(topic);
    const found = leaders.get(topic)?.get(partition);
    if (found === undefined) throw missing(`${topic} has no partition ${partition}`, topic);
    return found;
  }

  return {
    leader,
    locate,
    doubt() {
      isDoubtful = true;
    },
    async bounds(topic, partition) {
      // Then the connection knows the topic: to make it known here would disturb whoever asks at the same time.
      await locate(topic, partition);
      return link.use(async ({ cluster }) => {
        const of = { topic, partitions: [{ partition }] };
        const [[low], [high]] = await Promise.all([
          cluster.fetchTopicsOffset([{ ...of, fromBeginning: true }]),
          cluster.fetchTopicsOffset([{ ...of, fromBeginning: false }]),
        ]);
        const [start, end] = [low, high].map((found) => found?.partitions[0]?.offset);
        if (start === undefined || end === undefined) throw new Error(`no broker told where ${topic}/${partition} begins and ends`);
        return { start: Number(start), end: Number(end) };
      });
    },
  };
}

/**
 * kafkajs lets one answer serve all who ask at the same time, though it may leave out the topic of one of them; and a topic that
 * another process has just created is not known to every broker yet.
 */
async function refresh(cluster: Cluster, topic: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await cluster.refreshMetadata();
    if (cluster.findTopicPartitionMetadata(topic).length > 0) return;
    if (attempt === KNOWN_ATTEMPTS_MAX) throw new Error(`no broker told who leads ${topic}`);
    await pause(KNOWN_EVERY_MS);
  }
}

function missing(message: string, topic: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message, { topic });
}
