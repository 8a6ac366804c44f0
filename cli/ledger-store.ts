/**
 * Opens the ledger of an installation for work on the ledger itself: that of a stopped data directory, owned meanwhile, or that of
 * Kafka, where the installation goes on.
 */
import { openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import { SequenceError } from '../core/errors.ts';
import type { EventLog, SnapshotStore } from '../pipelines/ports.ts';
import { type Environment, loadConfig } from '../workers/runtime/process/config.ts';

export interface LedgerStoreOptions {
  /** One of the two: a data directory whose server is stopped, or brokers as `host:port,host:port`. */
  readonly dataDir?: string | undefined;
  readonly kafka?: string | undefined;
  /** Partitions of the ledger topics in Kafka; a data directory knows its own number. */
  readonly partitionCount: number;
  /** Says how the brokers are reached, TLS and user, as it does for `seqcast up`. */
  readonly env?: Environment | undefined;
}

export interface LedgerStore {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
  close(): Promise<void>;
}

/** Whatever fails there also rejects the call that met it. */
const noServerToStop = (): void => undefined;

export async function openLedgerStore({ dataDir, kafka, partitionCount, env }: LedgerStoreOptions): Promise<LedgerStore> {
  if (dataDir !== undefined && kafka === undefined) return await openDirectory(dataDir);
  if (kafka === undefined || dataDir !== undefined) throw new SequenceError('SEQ_CONFIG_INVALID', 'give either --data-dir or --kafka');
  const [{ openKafka }, { kafkaOptions }] = await Promise.all([
    import('../adapters/kafka/kafka.ts'),
    import('../workers/runtime/process/kafka-options.ts'),
  ]);
  const address = kafkaOptions(await loadConfig({ flags: { kafka }, ...(env !== undefined && { env }) }));
  return await openKafka({ ...address, clientId: 'seqcast-ledger', partitionCount, onFailure: noServerToStop });
}

async function openDirectory(dataDir: string): Promise<LedgerStore> {
  // Opened for writing, a directory that does not exist would be created; a look says that nothing is there.
  const look = await openEmbeddedStorage({ dataDir, readOnly: true, onFailure: noServerToStop });
  await look.close();
  return await openEmbeddedStorage({ dataDir, onFailure: noServerToStop });
}
