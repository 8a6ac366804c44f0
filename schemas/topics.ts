/**
 * Every topic: what it is keyed by, which kinds of messages it carries, and how long they are kept. Topics with the same key have
 * one partition count and one partitioner, so that a stage finds what belongs together in one partition.
 *
 * `schemas/asyncapi.yaml` says the same to the outside; a test holds the two together.
 */
import type { LedgerRecord } from '../core/ledger/records.ts';
import type { StageMessage } from './messages.ts';

export type Message = LedgerRecord | StageMessage;
export type Kind = Message['kind'];

export interface Topic {
  readonly name: string;
  /** What decides the partition; `nothing` is a topic of one partition, `source` the key of what the message is about. */
  readonly partitionedBy: 'stream' | 'sequence' | 'model family' | 'source' | 'nothing';
  readonly kinds: readonly Kind[];
  /**
   * How long a message is kept; a ledger until its owner trims it behind a snapshot, a profile until another takes its
   * place, of snapshots the newest three.
   */
  readonly retentionMs: number | 'until-trimmed' | 'until-replaced' | 'newest-three';
  /** The stage whose word it is, or the role where no stage speaks. */
  readonly stage: 'consumption' | 'forecast' | 'allocation' | 'filling' | 'gateway' | 'training' | 'every stage';
}

const DAY_MS = 86_400_000;

export const TOPICS = {
  consumption: {
    name: 'seqcast.consumption',
    partitionedBy: 'stream',
    kinds: ['ConsumptionEvent', 'ExpertForecast', 'ProfileSet', 'BurstDeclared'],
    // Backtests and training replay it.
    retentionMs: 30 * DAY_MS,
    stage: 'consumption',
  },
  forecasts: {
    name: 'seqcast.forecasts',
    partitionedBy: 'stream',
    kinds: ['Forecast'],
    retentionMs: 7 * DAY_MS,
    stage: 'forecast',
  },
  orders: {
    name: 'seqcast.orders',
    partitionedBy: 'stream',
    kinds: ['RefillOrder'],
    retentionMs: DAY_MS,
    stage: 'filling',
  },
  announcements: {
    name: 'seqcast.announcements',
    partitionedBy: 'stream',
    kinds: ['BurstDeclared'],
    // As long as a burst may be announced ahead, and last.
    retentionMs: 35 * DAY_MS,
    stage: 'gateway',
  },
  profiles: {
    name: 'seqcast.profiles',
    partitionedBy: 'nothing',
    kinds: ['ProfileSet'],
    retentionMs: 'until-replaced',
    stage: 'gateway',
  },
  members: {
    name: 'seqcast.members',
    partitionedBy: 'nothing',
    kinds: ['MemberEvent'],
    retentionMs: 7 * DAY_MS,
    stage: 'filling',
  },
  moves: {
    name: 'seqcast.moves',
    partitionedBy: 'nothing',
    kinds: ['StreamMoved'],
    retentionMs: 7 * DAY_MS,
    stage: 'allocation',
  },
  ranges: {
    name: 'seqcast.ranges',
    partitionedBy: 'sequence',
    kinds: ['SequenceDefined', 'SequenceRebased', 'SequenceDropped', 'RangeClaimed', 'LevelRaised'],
    retentionMs: 'until-trimmed',
    stage: 'allocation',
  },
  shards: {
    name: 'seqcast.shards',
    partitionedBy: 'stream',
    kinds: [
      'RangeOpened',
      'GenerationFenced',
      'ShardAllocated',
      'ShardRecalled',
      'ShardReturned',
      'ShardBurned',
      'PoolLost',
      'StreamAssigned',
      'RequestAnswered',
      'LifeOpened',
      'OpsLogged',
      'LevelRaised',
    ],
    retentionMs: 'until-trimmed',
    stage: 'allocation',
  },
  requests: {
    name: 'seqcast.requests',
    partitionedBy: 'stream',
    kinds: ['ValueRequest'],
    retentionMs: DAY_MS,
    stage: 'gateway',
  },
  values: {
    name: 'seqcast.values',
    partitionedBy: 'stream',
    kinds: ['ValueReply'],
    retentionMs: DAY_MS,
    stage: 'gateway',
  },
  adoptions: {
    name: 'seqcast.adoptions',
    partitionedBy: 'nothing',
    kinds: ['AdoptionEvent'],
    // Whoever asks who got a value asks years later.
    retentionMs: 'until-replaced',
    stage: 'gateway',
  },
  models: {
    name: 'seqcast.models',
    partitionedBy: 'model family',
    kinds: ['ModelEvent'],
    retentionMs: 90 * DAY_MS,
    stage: 'training',
  },
  snapshots: {
    name: 'seqcast.snapshots',
    partitionedBy: 'source',
    kinds: ['SnapshotChunk'],
    retentionMs: 'newest-three',
    stage: 'every stage',
  },
  deadLetters: {
    name: 'seqcast.dead-letters',
    partitionedBy: 'source',
    kinds: ['DeadLetter'],
    retentionMs: 30 * DAY_MS,
    stage: 'every stage',
  },
} as const satisfies Record<string, Topic>;

export type TopicKey = keyof typeof TOPICS;

/** Every kind that some topic carries, once. */
export const KINDS: readonly Kind[] = [...new Set(Object.values(TOPICS).flatMap((topic): readonly Kind[] => topic.kinds))];
