/** What each topic is created with, and which of its settings must hold for it to be used at all. */
import { TOPICS, type Topic } from '../../schemas/topics.ts';

/** Holds the id of this log: see identity.ts. */
export const IDENTITY_TOPIC = 'seqcast.identity';

/** Largest batch a topic takes. A single message is at most 1 MB, but an append of several stays one batch. */
const TOPIC_BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** What an append may measure: the batch around its records fits too. */
export const APPEND_BYTES_MAX = TOPIC_BATCH_BYTES_MAX - 64 * 1024;

export interface TopicPlan {
  readonly name: string;
  /** One partition, or as many as all topics that are read together have. */
  readonly isSingle: boolean;
  readonly settings: Readonly<Record<string, string>>;
  /** Settings that an existing topic must have; the others are the operator's choice. */
  readonly required: readonly SettingRule[];
}

export interface SettingRule {
  readonly setting: string;
  /** As it is told to an operator. */
  readonly needed: string;
  readonly fits: (value: string) => boolean;
}

/** Every topic of the design, and the one with the log's id. */
export function topicPlans(copies: number): readonly TopicPlan[] {
  const plans = Object.values<Topic>(TOPICS).map((topic) =>
    planOf(topic.name, topic.partitionedBy === 'nothing', topic.retentionMs, copies),
  );
  return [...plans, planOf(IDENTITY_TOPIC, true, 'until-trimmed', copies)];
}

/** `copies` is the topic's own replication factor where it exists already. */
export function planOf(name: string, isSingle: boolean, retention: Topic['retentionMs'], copies: number): TopicPlan {
  const isKept = typeof retention === 'string';
  const isLedger = retention === 'until-trimmed';
  const insync = copies > 1 ? 2 : 1;
  const settings: Record<string, string> = {
    // Compaction would leave holes, and might keep the record that lost and drop the one that won.
    'cleanup.policy': 'delete',
    'retention.ms': isKept ? '-1' : String(retention),
    'retention.bytes': '-1',
    'min.insync.replicas': String(insync),
    'unclean.leader.election.enable': 'false',
    // The log's clock, which never goes back, instead of those of many processes.
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(TOPIC_BATCH_BYTES_MAX),
    // Kafka acknowledges before the disk has it: a power cut at all brokers must not take the ledger's end with it.
    ...(isLedger && { 'flush.messages': '1' }),
  };
  const same = (setting: string): SettingRule => ({
    setting,
    needed: settings[setting] ?? '',
    fits: (value) => value === settings[setting],
  });
  const atLeast = (setting: string, least: number): SettingRule => ({
    setting,
    needed: `${least} or more`,
    fits: (value) => Number(value) >= least,
  });
  const required = [same('cleanup.policy'), atLeast('max.message.bytes', TOPIC_BATCH_BYTES_MAX)];
  if (isKept) required.push(same('retention.ms'), same('retention.bytes'), same('unclean.leader.election.enable'));
  if (isLedger) required.push(atLeast('min.insync.replicas', insync), same('flush.messages'));
  return { name, isSingle, settings, required };
}
