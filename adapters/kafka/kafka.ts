/**
 * Kafka as the engine of an installation: the event log, its snapshots and the groups that share work.
 *
 * Opening fails with what to change: `SEQ_ENGINE_UNREACHABLE` for a wrong address, TLS or SASL setting, `SEQ_ENGINE_UNUSABLE` for topics
 * that must not be used. A Kafka that goes away later is waited for: reads and subscriptions go on when it is back, appends are refused.
 */
import { SequenceError } from '../../core/errors.ts';
import type { EventLog, SnapshotStore, WorkGroups } from '../../pipelines/ports.ts';
import { createHealthRecord, type EngineHealth, type EngineLog } from '../engines/engine-health.ts';
import { type KafkaAddress, kafkaAway, shownAddress, textOf } from './address.ts';
import { openAdmin, refusalOf } from './admin.ts';
import { createAppender } from './appender.ts';
import { type Client, createClient, openConnection } from './connection.ts';
import { createKafkaLog, type PartitionLag } from './event-log.ts';
import type { Place } from './fetching.ts';
import { createGroupOffsets, type MemberCommit } from './group-offsets.ts';
import { currentId, mintId } from './identity.ts';
import { createLines } from './lines.ts';
import { createLink } from './link.ts';
import { createLiveFeed } from './live-feed.ts';
import { createPartitionReader } from './partition-reader.ts';
import { createPlacement } from './placement.ts';
import { createSnapshotStore } from './snapshot-store.ts';
import { IDENTITY_TOPIC } from './topic-settings.ts';
import { ensureTopics } from './topics.ts';
import { createWorkGroups } from './work-groups.ts';

export type { KafkaSasl, KafkaTls } from './address.ts';

export interface KafkaOptions extends KafkaAddress {
  /** Partitions of the topics that are read together, where they are created; what exists counts. */
  readonly partitionCount: number;
  /** Copies of each topic that is created: as many as there are brokers, three at most, where left out. */
  readonly replication?: number;
  /** Names of topics and groups begin with it. */
  readonly prefix?: string;
  /** Hears of what nobody foresaw: the process should not go on. */
  readonly onFailure: (error: unknown) => void;
  readonly onLog?: EngineLog;
}

export interface KafkaEngine {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly groups: WorkGroups;
  readonly partitionCount: number;
  health(): EngineHealth;
  /** Of the partitions that this process follows. */
  lag(): PartitionLag[];
  close(): Promise<void>;
}

export async function openKafka(options: KafkaOptions): Promise<KafkaEngine> {
  const { prefix = '', onFailure, onLog } = options;
  const shown = shownAddress(options);
  const away = (cause: unknown): SequenceError => kafkaAway(options, cause);
  const health = createHealthRecord(shown, onLog);
  const troubled = new Set<string>();
  const onState = (link: string, problem: unknown): void => {
    if (problem === undefined) {
      if (troubled.delete(link) && troubled.size === 0) health.up();
    } else {
      troubled.add(link);
      health.down(textOf(problem));
    }
  };

  const setup = await openAdmin(options);
  /** Topics whose brokers every connection learns. */
  const topics = new Set([prefix + IDENTITY_TOPIC]);
  const open = () => openConnection(options, [...topics]);
  const control = createLink({ open, onState: (problem) => onState('control', problem) });
  const purposes = {
    appends: createLines({ open, onState, purpose: 'appends' }),
    reads: createLines({ open, onState, purpose: 'reads' }),
    live: createLines({ open, onState, purpose: 'live' }),
    requests: createLines({ open, onState, purpose: 'requests' }),
  };
  const placement = createPlacement({
    link: control,
    topics,
    onLeaders: (nodes) => {
      for (const lines of Object.values(purposes)) lines.keep(nodes);
    },
  });
  const closeLinks = (): void => {
    for (const lines of Object.values(purposes)) lines.close();
    control.close();
  };
  const memberships = new Map<string, MemberCommit>();
  const newClient = (): Client => createClient(options);

  async function cutBefore({ topic, partition }: Place, offset: number): Promise<void> {
    const client = newClient();
    const admin = client.kafka.admin();
    try {
      await admin.connect();
      await admin.fetchTopicMetadata({ topics: [topic] });
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
    } finally {
      client.destroy();
    }
  }

  function newLog(logId: string) {
    return createKafkaLog({
      logId,
      prefix,
      appender: createAppender({ lines: purposes.appends, placement, away, onFailure }),
      readBatch: createPartitionReader(purposes.reads, placement),
      bounds: placement.bounds,
      live: createLiveFeed({ lines: purposes.live, placement, onFailure }),
      requests: createLiveFeed({ lines: purposes.requests, placement, onFailure }),
      offsets: createGroupOffsets({ link: control, memberships }),
      cutBefore,
      away,
    });
  }

  try {
    const { clusterId } = await setup.admin.describeCluster();
    const first = newLog('');
    const partitionCount = await ensureTopics({
      ...options,
      replication: options.replication,
      admin: setup.admin,
      prefix,
      readId: () => currentId(first),
      mintId: (seen) => mintId(first, seen),
    });
    const id = await currentId(first);
    await first.close();
    if (id === undefined) throw new SequenceError('SEQ_DATA_CORRUPT', `the topic ${prefix}${IDENTITY_TOPIC} lost the id of this log`);
    const log = newLog(`${clusterId}/${id}`);
    const groups = createWorkGroups({ newClient, prefix, memberships });
    return {
      log,
      snapshots: createSnapshotStore(log),
      groups,
      partitionCount,
      health: () => health.read(),
      lag: () => log.lag(),
      async close() {
        await groups.close();
        await log.close();
        closeLinks();
      },
    };
  } catch (error) {
    closeLinks();
    throw error instanceof SequenceError ? error : refusalOf(options, error);
  } finally {
    setup.client.destroy();
  }
}
