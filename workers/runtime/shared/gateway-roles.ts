/** The parts of a gateway process that its service is answered from. */
import type { Clock, EventLog, JobQueue } from '../../../pipelines/ports.ts';
import type { ArchiveQuestions } from '../analytics/archive-questions.ts';
import type { BulkDesk } from '../bulk/bulk-desk.ts';
import type { ExpectationDesk } from '../expectations/expectation-desk.ts';
import type { ForecastersMemory } from '../insight/forecasters-memory.ts';
import type { SeenMinutes } from '../insight/seen-minutes.ts';
import type { Administration } from '../ledger/administration.ts';
import type { DeadLetters } from '../ledger/dead-letters.ts';
import type { DecisionJournal } from '../ledger/decision-journal.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { MemberDirectory } from '../members/member-directory.ts';
import type { MoveJournal } from '../members/move-journal.ts';
import type { StreamDirectory } from '../pool/stream-directory.ts';
import type { Life } from '../process/life.ts';
import type { RemoteNumbers } from '../reservations/remote-numbers.ts';
import type { ClientRoutes } from '../service/client-routes.ts';
import type { ShardIndex } from '../shard-index/shard-index.ts';
import type { ModelParts } from '../training/model-parts.ts';
import type { ExhaustionWatch } from '../value-space/exhaustion-watch.ts';
import type { PoolBoard } from './pool-board.ts';
import type { PoolConnections } from './pool-connections.ts';
import type { RemoteStream } from './remote-stream.ts';
import type { RemoteTakes } from './remote-takes.ts';
import type { StreamInsight } from './stream-insight.ts';
import type { StreamRoutes } from './stream-routes.ts';

export interface GatewayRoles {
  readonly member: string;
  /** Where its log is, for people. */
  readonly endpoint: string;
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly reader: LedgerReader;
  /** Every shard there ever was, for questions about values. */
  readonly shards: ShardIndex;
  readonly members: MemberDirectory;
  readonly pools: PoolConnections;
  readonly board: PoolBoard;
  readonly moves: MoveJournal;
  readonly streamRoutes: StreamRoutes;
  readonly takes: RemoteTakes;
  readonly reservations: RemoteNumbers;
  readonly administration: Administration;
  readonly directory: StreamDirectory<RemoteStream>;
  readonly clients: ClientRoutes;
  readonly expectations: ExpectationDesk;
  readonly journal: DecisionJournal;
  readonly insight: StreamInsight;
  /** What streams asked for since this process came, and as far as forecasters remember. */
  readonly minutes: SeenMinutes;
  readonly forecasters: ForecastersMemory;
  /** What was trimmed off the ledger, for audits. */
  readonly exports: { readonly dir: string } | undefined;
  readonly deadLetters: DeadLetters;
  readonly jobs: JobQueue;
  readonly bulk: BulkDesk;
  readonly models: ModelParts;
  readonly archive: ArchiveQuestions;
  readonly exhaustion: ExhaustionWatch;
  readonly life: Life;
  readonly startedAtMs: number;
  readonly metrics: () => Promise<string>;
  /** What is wrong although the process is ready. */
  readonly notices: () => readonly string[];
  /** What is wrong with the engines it depends on. */
  readonly problems: () => readonly string[];
}
