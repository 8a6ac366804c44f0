/** Bulk jobs of an installation: their values come out of the shared pools, and go into files of one directory or into allowed topics. */
import { join } from 'node:path';
import { STREAMS_PER_SEQUENCE_MAX } from '../../../core/limits.ts';
import type { Archive } from '../../../pipelines/ports.ts';
import { Administration } from '../ledger/administration.ts';
import { StreamDirectory } from '../pool/stream-directory.ts';
import type { PoolConnections } from '../shared/pool-connections.ts';
import type { ProcessParts } from '../shared/process-parts.ts';
import { StreamRoutes } from '../shared/stream-routes.ts';
import { startBulkWork } from './bulk-work.ts';
import { SharedSource, type SourceStream } from './shared-source.ts';
import { allowedTopics, TopicTarget } from './topic-target.ts';

export interface SharedBulk {
  /** A pool loaded something for the stream. */
  loaded(stream: string): void;
  close(): Promise<void>;
}

export async function startSharedBulk(parts: ProcessParts, pools: PoolConnections, archive: Archive): Promise<SharedBulk> {
  const { config, member, clock, monotonicMs, reader, routes: table, partitionCount, jobs, log } = parts;
  const administration = new Administration({
    ...{ reader, partitionCount, clock, monotonicMs },
    // Nothing is changed here: sequences are only looked up.
    nudge: () => undefined,
    holdsOlder: () => true,
  });
  const directory = new StreamDirectory<SourceStream>({
    live: (name) => administration.live(name),
    make: (id, partition) => ({ id, partition }),
    partitionCount,
    streamsMax: config.streamsPerSequence ?? STREAMS_PER_SEQUENCE_MAX,
  });
  reader.listen({
    onRanges: (_, __, record, verdict, live) => {
      if (!live || verdict !== 'accepted' || record.kind === 'RangeClaimed' || record.kind === 'LevelRaised') return;
      directory.forget(record.name);
    },
  });
  const routes = new StreamRoutes(table, pools);
  await routes.start();
  const source = new SharedSource({ member, pools, routes, reader, administration, directory, clock, monotonicMs });
  const working = await startBulkWork({
    dir: config.bulkDir ?? join(config.dataDir, 'bulk'),
    topics: new TopicTarget({ log, allowed: allowedTopics(config) }),
    ...{ source, jobs, archive },
    nowMs: () => clock.nowMs(),
  });
  return {
    loaded: (stream) => source.loaded(stream),
    async close() {
      await working.close();
      await routes.close();
    },
  };
}
