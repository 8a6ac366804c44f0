/**
 * What the main thread and the storage thread say to each other.
 *
 * Requests travel in batches: the records of all of them lie end to end in one buffer, because handing over one large buffer
 * costs far less than handing over many small ones. Replies come back in batches as well, in no order but that of their kind.
 */
import type { ErrorCode } from '../../core/errors.ts';
import type { Interval } from '../../core/interval.ts';
import type { DatabaseLineage, Writer } from '../../core/reservation/lineage.ts';
import type {
  CountLog,
  JobState,
  OpenedSeries,
  RegisteredReservation,
  RegistrarCommand,
  ReportPage,
  ReuseEntry,
  SeriesStatus,
  SeriesToOpen,
  SweptGroup,
  VoidEntry,
} from '../../pipelines/ports.ts';

/** What a start of the thread needs. */
export interface StorageThreadOptions {
  readonly dataDir: string;
  readonly readOnly: boolean;
  /** Recorded when the directory is created; an existing directory keeps its own. */
  readonly partitionCount: number;
  /** The database never grows beyond it; 0 for no bound but the disk. */
  readonly sizeBytesMax: number;
  /** A database that has less than its witness says is opened as it is. */
  readonly acceptsLoss: boolean;
}

export interface DataDirFacts {
  readonly logId: string;
  readonly createdAtMs: number;
  readonly partitionCount: number;
}

/** Up to three newest snapshots of a stage and partition, as rows; the pieces are fetched one by one. */
export interface StoredSnapshot {
  readonly id: number;
  readonly headerJson: string;
  readonly checksum: string;
  readonly pieceCount: number;
}

/** A read as the database holds it: whole chunks, decoded by the main thread. */
export interface ChunksRead {
  readonly chunks: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A job as its row holds it. */
export interface StoredJob {
  readonly id: string;
  readonly name: string;
  readonly dataJson: string;
  readonly state: JobState;
  /** How often it was started. */
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly progress: number;
  readonly addedAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly resultJson: string | undefined;
  readonly error: string | undefined;
}

/** How a run of a job ended. */
export type JobOutcome =
  | { readonly kind: 'done'; readonly resultJson: string }
  | { readonly kind: 'retry'; readonly error: string; readonly afterMs: number }
  | { readonly kind: 'dead'; readonly error: string };

/** A reservation, or why there is none. */
export type StoredOutcome = { readonly reservation: RegisteredReservation; readonly repeated: boolean } | { readonly error: ErrorFacts };

/** A count of changes that was appended in the transaction of the changes. */
export interface CountAppended {
  readonly topic: string;
  readonly partition: number;
  readonly first: number;
  readonly atMs: number;
  readonly record: Uint8Array;
}

type TopicPartition = { readonly topic: string; readonly partition: number };
type OfWriter = { readonly writer: Writer };
type OfSeries = { readonly series: number };

/** Every operation, with what it asks and what it answers. Those of `WRITES` change something and are committed in groups. */
export interface Operations {
  append: { asks: TopicPartition; answers: { readonly first: number; readonly atMs: number } };
  trim: { asks: { readonly topic: string; readonly beforeMs: number }; answers: { readonly trimmed: number; readonly done: boolean } };
  cut: { asks: TopicPartition & { readonly before: number }; answers: boolean };
  commit: { asks: TopicPartition & { readonly group: string; readonly offset: number }; answers: undefined };
  savePiece: { asks: { readonly snapshot: number; readonly piece: number }; answers: undefined };
  saveSnapshot: {
    asks: StoredSnapshot & { readonly stage: string; readonly partition: number; readonly keep: number };
    answers: undefined;
  };
  putRoute: { asks: { readonly key: string; readonly value: string; readonly ifVersion: number | undefined }; answers: number | undefined };
  deleteRoute: { asks: { readonly key: string }; answers: boolean };
  addJob: {
    asks: { readonly id: string; readonly name: string; readonly dataJson: string; readonly attemptsMax: number; readonly delayMs: number };
    answers: boolean;
  };
  takeJob: { asks: { readonly name: string }; answers: { readonly job: StoredJob | undefined; readonly nextDueAtMs: number | undefined } };
  reportJob: { asks: { readonly id: string; readonly attempt: number; readonly share: number }; answers: undefined };
  endJob: { asks: { readonly id: string; readonly attempt: number; readonly outcome: JobOutcome }; answers: undefined };
  reviveJob: { asks: { readonly id: string }; answers: string | undefined };
  scheduleJob: {
    asks: { readonly name: string; readonly everyMs: number; readonly dataJson: string; readonly attemptsMax: number };
    answers: undefined;
  };
  recordLife: { asks: { readonly life: string }; answers: undefined };
  openSeries: { asks: OfWriter & { readonly series: SeriesToOpen }; answers: OpenedSeries };
  grantSeries: { asks: OfWriter & OfSeries & { readonly grant: Interval }; answers: number };
  applyCommands: {
    asks: OfWriter & { readonly commands: readonly RegistrarCommand[]; readonly logs: readonly CountLog[] };
    answers: { readonly outcomes: readonly StoredOutcome[]; readonly ops: number; readonly counted: readonly CountAppended[] };
  };
  sweepReservations: { asks: OfWriter & { readonly nowMs: number }; answers: SweptGroup };

  read: { asks: TopicPartition & { readonly from: number; readonly recordsMax: number; readonly bytesMax: number }; answers: ChunksRead };
  bounds: { asks: TopicPartition; answers: { readonly start: number; readonly end: number } };
  committed: { asks: TopicPartition & { readonly group: string }; answers: number | undefined };
  beginSnapshot: { asks: object; answers: number };
  listSnapshots: { asks: { readonly stage: string; readonly partition: number }; answers: readonly StoredSnapshot[] };
  loadPiece: { asks: { readonly snapshot: number; readonly piece: number }; answers: Uint8Array | undefined };
  getRoute: { asks: { readonly key: string }; answers: { readonly value: string; readonly version: number } | undefined };
  listRoutes: {
    asks: { readonly prefix: string };
    answers: readonly { readonly key: string; readonly value: string; readonly version: number }[];
  };
  findJob: { asks: { readonly id: string }; answers: StoredJob | undefined };
  listJobs: { asks: { readonly state: JobState; readonly limit: number }; answers: readonly StoredJob[] };
  readLineage: { asks: object; answers: DatabaseLineage };
  findSeries: { asks: OfSeries; answers: SeriesStatus | undefined };
  findReservation: { asks: { readonly id: string }; answers: RegisteredReservation | undefined };
  findReservationByKey: { asks: { readonly keyScope: string; readonly key: string }; answers: RegisteredReservation | undefined };
  listHolders: { asks: OfSeries & { readonly ordinal: number }; answers: readonly RegisteredReservation[] };
  listVoids: { asks: OfSeries & { readonly page: ReportPage }; answers: readonly VoidEntry[] };
  listReuses: { asks: OfSeries & { readonly page: ReportPage }; answers: readonly ReuseEntry[] };
  integrity: { asks: object; answers: readonly string[] };
  close: { asks: object; answers: undefined };
}

export type OperationName = keyof Operations;
export type Asks<K extends OperationName> = Operations[K]['asks'];
export type Answers<K extends OperationName> = Operations[K]['answers'];

export const WRITES = [
  'append',
  'trim',
  'cut',
  'commit',
  'savePiece',
  'saveSnapshot',
  'putRoute',
  'deleteRoute',
  'addJob',
  'takeJob',
  'reportJob',
  'endJob',
  'reviveJob',
  'scheduleJob',
  'recordLife',
  'openSeries',
  'grantSeries',
  'applyCommands',
  'sweepReservations',
] as const satisfies readonly OperationName[];
export type WriteName = (typeof WRITES)[number];

export interface Request {
  readonly id: number;
  readonly name: OperationName;
  readonly asks: object;
  /** How many records of the batch belong to it, after those of the requests before it. */
  readonly recordCount: number;
}

export interface RequestBatch {
  readonly requests: readonly Request[];
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An error on its way between threads: `SequenceError` itself would arrive without its class. */
export interface ErrorFacts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type Reply = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly error: ErrorFacts };

export type FromStorageThread =
  | { readonly kind: 'ready'; readonly facts: DataDirFacts }
  | { readonly kind: 'replies'; readonly replies: readonly Reply[] }
  /** Nothing is answered after this: the storage is in doubt, or was never opened. */
  | { readonly kind: 'failed'; readonly error: ErrorFacts };
