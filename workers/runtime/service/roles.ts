/** The parts of one process that the service and its status are answered from. */
import type { EmbeddedStock } from '../../../adapters/embedded/stock.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import type { Clock, EventLog, JobQueue, Registrar } from '../../../pipelines/ports.ts';
import type { Allocator } from '../allocator.ts';
import type { ArchiveQuestions } from '../analytics/archive-questions.ts';
import type { BulkDesk } from '../bulk/bulk-desk.ts';
import type { ExpectationDesk } from '../expectations/expectation-desk.ts';
import type { Forecasts } from '../forecasting/forecasts.ts';
import type { Administration } from '../ledger/administration.ts';
import type { DeadLetters } from '../ledger/dead-letters.ts';
import type { DecisionJournal } from '../ledger/decision-journal.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { KindView } from '../members/kind-views.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Pool } from '../pool/pool.ts';
import type { ServedStream } from '../pool/served-stream.ts';
import type { StreamDirectory } from '../pool/stream-directory.ts';
import type { Life } from '../process/life.ts';
import type { IssueDesk } from '../reservations/issue-desk.ts';
import type { ReservationDesk } from '../reservations/reservation-desk.ts';
import type { TransactionPool } from '../reservations/transaction-pool.ts';
import type { ShardIndex } from '../shard-index/shard-index.ts';
import type { ModelParts } from '../training/model-parts.ts';
import type { ExhaustionWatch } from '../value-space/exhaustion-watch.ts';
import type { ClientRoutes } from './client-routes.ts';

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
