/**
 * Creates the topics that are missing and checks those that are there: several processes may do so at the same time.
 *
 * Refuses (`SEQ_ENGINE_UNUSABLE`) topics that are read together and differ in their partitions, and a ledger that Kafka could lose or
 * rewrite; the message names the topic, the setting, what was found and what is needed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Admin, type ITopicMetadata } from 'kafkajs';
import { SequenceError } from '../../core/errors.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { IDENTITY_TOPIC, planOf, type TopicPlan, topicPlans } from './topic-settings.ts';

/** Losing one broker loses nothing, and the cluster need not be larger than that. */
const COPIES_DEFAULT = 3;
/** A new topic is ready at every broker within moments. */
const READY_EVERY_MS = 25;
const READY_MS_MAX = 10_000;
const CREATE_TIMEOUT_MS = 10_000;

export interface TopicsOptions {
  readonly admin: Admin;
  readonly prefix: string;
  /** Partitions of topics that are read together, where none exists yet. */
  readonly partitionCount: number;
  readonly replication: number | undefined;
  /** The id of the log as it is kept in its topic, which exists by then. */
  readonly readId: () => Promise<string | undefined>;
  /** Called before the ledger's topics are created, with the id that was read before they were found missing. */
  readonly mintId: (seen: string | undefined) => Promise<void>;
}

/** Resolves to the number of partitions that topics read together have. */
export async function ensureTopics({ admin, prefix, partitionCount, replication, readId, mintId }: TopicsOptions): Promise<number> {
  const { brokers } = await admin.describeCluster();
  const copies = replication ?? Math.min(COPIES_DEFAULT, brokers.length);
  const plans = topicPlans(copies);
  const create = async (wanted: readonly TopicPlan[], existing: ReadonlyMap<string, number>, count: number): Promise<void> => {
    const missing = wanted.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) await createTopics(admin, prefix, missing, { copies, count, brokers: brokers.length });
  };

  const identity = plans.filter(({ name }) => name === IDENTITY_TOPIC);
  await create(identity, await partitionCounts(admin, prefix, identity), 1);
  await allKnown(admin, prefix, identity);
  const seen = await readId();
  const existing = await partitionCounts(admin, prefix, plans);
  const count = existing.get(TOPICS.shards.name) ?? firstOf(existing, plans) ?? partitionCount;
  if (seen === undefined || LEDGER.some((name) => !existing.has(name))) await mintId(seen);
  await create(plans, existing, count);

  const known = await allKnown(admin, prefix, plans);
  await allLed(
    admin,
    plans.filter(({ name }) => !existing.has(name)).map(({ name }) => prefix + name),
  );
  // Another process may have been first, with another number.
  const agreed = known.find(({ name }) => name === prefix + TOPICS.shards.name)?.partitions.length ?? count;
  checkPartitions(known, plans, agreed, prefix);
  await checkSettings(admin, known, plans, prefix);
  return agreed;
}

/** Checks the topics that are there as an opening would, and creates none; how many there are. Throws `SEQ_ENGINE_UNUSABLE`. */
export async function checkTopics(admin: Admin, prefix: string): Promise<number> {
  const plans = topicPlans(1);
  const counts = await partitionCounts(admin, prefix, plans);
  const present = plans.filter(({ name }) => counts.has(name));
  if (present.length === 0) return 0;
  const known = await metadataOf(admin, prefix, present);
  checkPartitions(known, present, counts.get(TOPICS.shards.name) ?? firstOf(counts, present) ?? 1, prefix);
  await checkSettings(admin, known, present, prefix);
  return present.length;
}

const LEDGER: readonly string[] = [TOPICS.ranges.name, TOPICS.shards.name];

async function partitionCounts(admin: Admin, prefix: string, plans: readonly TopicPlan[]): Promise<ReadonlyMap<string, number>> {
  const names = new Set(await admin.listTopics());
  const present = plans.filter(({ name }) => names.has(prefix + name));
  if (present.length === 0) return new Map();
  const topics = await metadataOf(admin, prefix, present);
  return new Map(topics.map(({ name, partitions }) => [name.slice(prefix.length), partitions.length]));
}

function firstOf(existing: ReadonlyMap<string, number>, plans: readonly TopicPlan[]): number | undefined {
  const together = plans.find(({ name, isSingle }) => !isSingle && existing.has(name));
  return together === undefined ? undefined : existing.get(together.name);
}

interface NewTopics {
  readonly copies: number;
  readonly count: number;
  readonly brokers: number;
}

async function createTopics(
  admin: Admin,
  prefix: string,
  plans: readonly TopicPlan[],
  { copies, count, brokers }: NewTopics,
): Promise<void> {
  try {
    await admin.createTopics({
      // Leaders are waited for below, for all topics at once.
      waitForLeaders: false,
      timeout: CREATE_TIMEOUT_MS,
      topics: plans.map(({ name, isSingle, settings }) => ({
        topic: prefix + name,
        numPartitions: isSingle ? 1 : count,
        replicationFactor: copies,
        configEntries: Object.entries(settings).map(([setting, value]) => ({ name: setting, value })),
      })),
    });
  } catch (error) {
    const failures = (error as { errors?: unknown }).errors;
    const real = (Array.isArray(failures) ? failures : [error]).filter((each) => each.type !== 'TOPIC_ALREADY_EXISTS');
    const [first] = real;
    if (first === undefined) return;
    if (first.type === 'INVALID_REPLICATION_FACTOR') {
      throw unusable(
        `there are ${brokers} brokers for ${copies} copies of each topic`,
        'start more brokers, or set replication to fewer copies',
      );
    }
    if (/AUTHORIZATION_FAILED$/.test(String(first.type))) {
      const names = plans.map(({ name }) => prefix + name).join(', ');
      throw unusable(`the user may not create topics (${names})`, 'create them beforehand, or allow the user to');
    }
    throw first;
  }
}

/** Waits until the brokers know each topic and who leads it. */
function allKnown(admin: Admin, prefix: string, plans: readonly TopicPlan[]): Promise<readonly ITopicMetadata[]> {
  return onceReady(() => metadataOf(admin, prefix, plans));
}

/** Waits until those who lead new partitions know it too: until then they refuse them, appends of which may be taken for doubtful. */
async function allLed(admin: Admin, topics: readonly string[]): Promise<void> {
  for (const topic of topics) await onceReady(() => admin.fetchTopicOffsets(topic));
}

const NOT_READY: readonly unknown[] = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'];

async function onceReady<T>(question: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + READY_MS_MAX;
  for (;;) {
    try {
      return await question();
    } catch (error) {
      if (!NOT_READY.includes(rootOf(error).type) || performance.now() > untilMs) throw error;
    }
    await pause(READY_EVERY_MS);
  }
}

async function metadataOf(admin: Admin, prefix: string, plans: readonly TopicPlan[]): Promise<ITopicMetadata[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: plans.map(({ name }) => prefix + name) });
  return topics;
}

function checkPartitions(topics: readonly ITopicMetadata[], plans: readonly TopicPlan[], count: number, prefix: string): void {
  for (const { name, isSingle } of plans) {
    const found = topics.find((topic) => topic.name === prefix + name)?.partitions.length ?? 0;
    const needed = isSingle ? 1 : count;
    if (found === needed) continue;
    const why = isSingle ? '' : `, as many as ${prefix}${TOPICS.shards.name} has`;
    throw unusable(
      `the topic ${prefix}${name} has ${found} partitions and needs ${needed}${why}`,
      'create it anew with that many partitions',
    );
  }
}

async function checkSettings(admin: Admin, topics: readonly ITopicMetadata[], plans: readonly TopicPlan[], prefix: string): Promise<void> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: plans.map(({ name, settings }) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: prefix + name,
      configNames: Object.keys(settings),
    })),
  });
  for (const plan of plans) {
    const name = prefix + plan.name;
    const copies = topics.find((topic) => topic.name === name)?.partitions[0]?.replicas.length ?? 1;
    const entries = resources.find((resource) => resource.resourceName === name)?.configEntries ?? [];
    const { required } = planOf(plan.name, plan.isSingle, retentionOf(plan.name), copies);
    for (const { setting, needed, fits } of required) {
      const value = entries.find(({ configName }) => configName === setting)?.configValue;
      if (value === undefined || fits(value)) continue;
      throw unusable(`the topic ${name} has ${setting}=${value} and needs ${needed}`, `set ${setting} of that topic`);
    }
  }
}

function retentionOf(name: string): TopicRetention {
  return Object.values(TOPICS).find((topic) => topic.name === name)?.retentionMs ?? 'until-trimmed';
}

type TopicRetention = Parameters<typeof planOf>[2];

function rootOf(error: unknown): { readonly type?: unknown } {
  const { cause, type } = (error ?? {}) as { cause?: unknown; type?: unknown };
  return type === undefined && cause !== undefined ? rootOf(cause) : { type };
}

function unusable(what: string, change: string): SequenceError {
  return new SequenceError('SEQ_ENGINE_UNUSABLE', `Kafka must not be used: ${what}; ${change}`, { engine: 'kafka' });
}
