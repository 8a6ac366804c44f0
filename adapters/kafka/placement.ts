/** Which broker leads which partition, where partitions begin and end: what every reader and writer asks before it turns to a broker. */
import { setTimeout as pause } from 'node:timers/promises';
import { SequenceError } from '../../core/errors.ts';
import type { Link } from './link.ts';

/** Two seconds: brokers tell each other of a new topic within moments. */
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
      await cluster.refreshMetadata();
      for (const name of topics) {
        const partitions = cluster.findTopicPartitionMetadata(name);
        leaders.set(name, new Map(partitions.map(({ partitionId, leader }) => [partitionId, leader])));
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

  return {
    leader,
    async locate(topic, partition) {
      const known = leader(topic, partition);
      if (known !== undefined) return known;
      if (isDoubtful || !leaders.has(topic)) await askOnce(topic);
      return patiently(topic, partition, async (isAgain) => {
        if (isAgain) await askOnce(topic);
        return leaders.get(topic)?.get(partition);
      });
    },
    doubt() {
      isDoubtful = true;
    },
    bounds: (topic, partition) =>
      patiently(topic, partition, (isAgain) =>
        link.use(async ({ cluster }) => {
          await cluster.addTargetTopic(topic);
          if (isAgain) await cluster.refreshMetadata();
          const of = { topic, partitions: [{ partition }] };
          const [[low], [high]] = await Promise.all([
            cluster.fetchTopicsOffset([{ ...of, fromBeginning: true }]),
            cluster.fetchTopicsOffset([{ ...of, fromBeginning: false }]),
          ]);
          const [start, end] = [low, high].map((found) => found?.partitions[0]?.offset);
          return start === undefined || end === undefined ? undefined : { start: Number(start), end: Number(end) };
        }),
      ),
  };
}

/** A topic that another process has just created is known to some brokers before its partitions are: asked again for a moment. */
async function patiently<T>(topic: string, partition: number, ask: (isAgain: boolean) => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < KNOWN_ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) await pause(KNOWN_EVERY_MS);
    const found = await ask(attempt > 0);
    if (found !== undefined) return found;
  }
  throw missing(`${topic} has no partition ${partition}`, topic);
}

function missing(message: string, topic: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message, { topic });
}
