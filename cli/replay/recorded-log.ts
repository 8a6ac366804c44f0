/** Opens what a replay reads: the log of a data directory whose server is stopped, or that of Kafka, which may go on meanwhile. */
import { openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import type { EventLog, SnapshotStore } from '../../pipelines/ports.ts';
import { type Environment, loadConfig } from '../../workers/runtime/process/config.ts';

export interface RecordedLog {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
  /** How far the clocks of those who wrote it may be apart. */
  readonly skewMs: number;
  close(): Promise<void>;
}

/** Machines that keep their time by NTP are within milliseconds; a badly kept one should not make its decisions inexplicable. */
const SKEW_MS = 5_000;
/** As `seqcast up` creates its topics, unless told otherwise. */
const PARTITIONS_DEFAULT = 4;
/** Whatever fails there also rejects the read that met it. */
const noServerToStop = (): void => undefined;

/** What is not said is taken from the environment and the configuration, as `seqcast up` does. */
export async function openRecordedLog(
  { dataDir, kafka }: { readonly dataDir?: string | undefined; readonly kafka?: string | undefined },
  env: Environment,
): Promise<RecordedLog> {
  const config = await loadConfig({ flags: { ...(dataDir !== undefined && { dataDir }), ...(kafka !== undefined && { kafka }) }, env });
  // A directory that was named counts more than brokers that happen to be configured.
  if (config.kafka === undefined || (dataDir !== undefined && kafka === undefined)) {
    const storage = await openEmbeddedStorage({ dataDir: config.dataDir, readOnly: true, onFailure: noServerToStop });
    const { log, snapshots, partitionCount } = storage;
    return { log, snapshots, partitionCount, skewMs: 0, close: () => storage.close() };
  }
  const [{ openKafka }, { kafkaOptions }] = await Promise.all([
    import('../../adapters/kafka/kafka.ts'),
    import('../../workers/runtime/process/kafka-options.ts'),
  ]);
  const partitionCount = config.partitions ?? PARTITIONS_DEFAULT;
  const engine = await openKafka({ ...kafkaOptions(config), clientId: 'seqcast-replay', partitionCount, onFailure: noServerToStop });
  return { log: engine.log, snapshots: engine.snapshots, partitionCount, skewMs: SKEW_MS, close: () => engine.close() };
}
