/** What every role of a process shares: its name, its clock, the engines it speaks to, one folded ledger, and how it ends. */
import type { Clock, EventLog, JobQueue, RouteTable, SharedStock, SnapshotStore, WorkGroups } from '../../../pipelines/ports.ts';
import type { DeadLetters } from '../ledger/dead-letters.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { MemberDirectory } from '../members/member-directory.ts';
import type { RoleMetrics } from '../observability/role-metrics.ts';
import type { Config } from '../process/config.ts';
import type { Logger } from '../process/logging.ts';
import type { ModelParts } from '../training/model-parts.ts';

export interface ProcessParts {
  readonly config: Config;
  /** Name of this process among the others, and of this life of it. */
  readonly member: string;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly groups: WorkGroups;
  readonly partitionCount: number;
  readonly routes: RouteTable;
  readonly reader: LedgerReader;
  readonly members: MemberDirectory;
  readonly metrics: RoleMetrics;
  readonly deadLetters: DeadLetters;
  readonly jobs: JobQueue;
  /** Opened once, by the first role that asks: not every process needs the directory of models. */
  readonly models: () => Promise<ModelParts>;
  readonly logger: Logger;
  /** The store of a pool by its endpoint, with the credentials of this process. */
  readonly openStock: (endpoint: string) => Promise<SharedStock>;
  /** Partitions whose ledger snapshots this process takes: those that its allocator owns. */
  readonly saved: Set<number>;
  /** Each says what is wrong although the process is ready. */
  readonly noticing: (() => readonly string[])[];
  readonly onFailure: (error: unknown) => void;
}

/** A role of a process while it runs. */
export interface Worker {
  readonly role: string;
  /** Why it cannot do its work now, or nothing. */
  problems(): readonly string[];
  close(): Promise<void>;
}
