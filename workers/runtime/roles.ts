/** The parts of one process that the service and its status are answered from. */
import type { EmbeddedStock } from '../../adapters/embedded/stock.ts';
import type { Generation } from '../../core/ledger/ranges.ts';
import type { Clock, EventLog, JobQueue, Registrar } from '../../pipelines/ports.ts';
import type { Administration } from './administration.ts';
import type { Allocator } from './allocator.ts';
import type { ArchiveQuestions } from './analytics/archive-questions.ts';
import type { BulkDesk } from './bulk/bulk-desk.ts';
import type { ClientRoutes } from './client-routes.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { DecisionJournal } from './decision-journal.ts';
import type { ExpectationDesk } from './expectation-desk.ts';
import type { Forecasts } from './forecasts.ts';
import type { KindView } from './kind-views.ts';
import type { LedgerReader } from './ledger-reader.ts';
import type { Life } from './life.ts';
import type { Metrics } from './metrics.ts';
import type { Pool } from './pool.ts';
import type { IssueDesk } from './reservations/issue-desk.ts';
import type { ReservationDesk } from './reservations/reservation-desk.ts';
import type { TransactionPool } from './reservations/transaction-pool.ts';
import type { ServedStream } from './served-stream.ts';
import type { ShardIndex } from './shard-index/shard-index.ts';
import type { StreamDirectory } from './stream-directory.ts';
import type { ModelParts } from './training/model-parts.ts';
import type { ExhaustionWatch } from './value-space/exhaustion-watch.ts';

export interface Roles {
  readonly dataDir: string;
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly reader: LedgerReader;
  /** Every shard there ever was, for questions about values. */
  readonly shards: ShardIndex;
  readonly stock: EmbeddedStock;
  readonly pool: Pool;
  readonly registrar: Registrar;
  readonly transactions: TransactionPool;
  readonly reservations: ReservationDesk;
  readonly issues: IssueDesk;
  readonly allocator: Allocator;
  readonly administration: Administration;
  readonly directory: StreamDirectory<ServedStream>;
  readonly clients: ClientRoutes;
  readonly expectations: ExpectationDesk;
  readonly journal: DecisionJournal;
  readonly forecasts: Forecasts;
  /** What is wrong although the process is ready. */
  readonly notices: () => readonly string[];
  readonly metrics: Metrics;
  /** What was trimmed off the ledger, for audits. */
  readonly exports: { readonly dir: string } | undefined;
  readonly deadLetters: DeadLetters;
  readonly jobs: JobQueue;
  readonly models: ModelParts | undefined;
  /** Left out where a process was opened without a directory for bulk files. */
  readonly bulk: BulkDesk | undefined;
  readonly kindsOf: (generation: Generation) => readonly KindView[];
  /** Left out where a process was opened without an archive. */
  readonly archive: ArchiveQuestions | undefined;
  readonly exhaustion: ExhaustionWatch;
  readonly life: Life;
  readonly startedAtMs: number;
}
