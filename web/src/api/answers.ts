/**
 * Answers of the HTTP interface as the dashboard reads them; only the fields that it shows. A test compares the names with what a running
 * server answers.
 */
export interface StreamStatus {
  readonly stream: string;
  readonly pool: string;
  readonly kind?: string;
  readonly demandPerSecond: number;
  readonly forecastMedian: number;
  readonly forecastUpper: number;
  readonly stock: number;
  readonly waiting: number;
  readonly reorderPoint: number;
  readonly orderUpTo: number;
  readonly leadTimeMs: number;
  readonly requestsTotal: number;
  readonly stallsTotal: number;
  readonly issuedTotal: number;
  readonly allocationsTotal: number;
  readonly returnedTotal: number;
}

export interface Status {
  readonly version: string;
  readonly state: string;
  readonly dataDir: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly sequences: number;
  readonly warnings?: readonly string[];
}

export interface Totals {
  readonly streams: number;
  readonly stock: number;
  readonly issued: number;
  readonly requests: number;
  readonly stalls: number;
}

export interface Allocation {
  readonly stream: string;
  readonly pool: string;
  readonly size: number;
  readonly trigger: string;
  readonly reserve: string;
  readonly reorderPoint: number;
  readonly orderUpTo: number;
}

export type LiveEvent =
  | { readonly kind: 'allocation'; readonly atMs: number; readonly allocation: Allocation }
  | { readonly kind: 'return' | 'burn'; readonly atMs: number; readonly stream: string; readonly pool: string; readonly values: number }
  | { readonly kind: 'pool-lost'; readonly atMs: number; readonly pool: string; readonly incarnation: string }
  | { readonly kind: 'move'; readonly atMs: number; readonly stream: string; readonly pool: string }
  | { readonly kind: 'sequence'; readonly atMs: number; readonly sequence: string; readonly change: string }
  | { readonly kind: 'stall'; readonly atMs: number; readonly stream: string; readonly stalls: number }
  | {
      readonly kind: 'streams';
      readonly atMs: number;
      readonly streams: readonly StreamStatus[];
      /** More streams moved than are told of here. */
      readonly isCut: boolean;
      readonly totals: Totals;
    };

/** One list a column, oldest first. */
export interface StreamPast {
  readonly stream: string;
  readonly atMs: readonly number[];
  readonly demand: readonly number[];
  readonly forecastMedian: readonly number[];
  readonly forecastUpper: readonly number[];
  readonly stock: readonly number[];
  readonly reorderPoint: readonly number[];
  readonly orderUpTo: readonly number[];
  readonly stalls: readonly number[];
  readonly allocations: readonly number[];
}

export interface Decision {
  readonly atMs: number;
  readonly shard: number;
  readonly size: number;
  readonly trigger: string;
  readonly reserve: string;
  readonly position: number;
  readonly reorderPoint: number;
  readonly orderUpTo: number;
  readonly rate: number;
  readonly sentence: string;
}

export interface Explanation {
  readonly stream: string;
  readonly sentences: readonly string[];
  readonly decisions: readonly Decision[];
  readonly experts: readonly { readonly expert: string; readonly weight: number }[];
}

export interface WhatIf {
  readonly fromMs: number;
  readonly toMs: number;
  readonly leadTimeMs: number;
  readonly burnCost: string;
  readonly demanded: number;
  readonly stepMs: number;
  readonly demand: readonly number[];
  readonly now: WhatIfRun;
  readonly runs: readonly WhatIfRun[];
}

export interface WhatIfRun {
  readonly costRatio: number;
  readonly idleValueHours: number;
  readonly idleMean: number;
  readonly idleMax: number;
  readonly stalled: number;
  readonly stalledPpm: number;
  readonly allocationsPerHour: number;
  readonly orderMean: number;
  readonly orderMax: number;
  readonly stock: readonly number[];
}

export interface Sequence {
  readonly name: string;
  readonly start: string;
  readonly increment: string;
  readonly max: string;
  readonly cycle: boolean;
  readonly guarantee: string;
  readonly order: string;
  readonly generation: number;
  readonly claimed: number;
  readonly capacity: number;
  readonly streams: number;
  readonly exhaustion?: {
    readonly left: number;
    readonly perDay?: number;
    readonly seenHours?: number;
    readonly dates: readonly { readonly level: number; readonly atMs: number }[];
    readonly warningDays?: number;
  };
}

export interface Pool {
  readonly pool: string;
  readonly kind: string;
  readonly state: string;
  readonly endpoint: string;
  readonly incarnation: string;
  readonly heardAtMs: number;
  readonly streams: number;
  readonly measured: {
    readonly operationsPerSecond: number;
    readonly values: number;
    readonly bytes: number;
    readonly latencyP99Ms: number;
  };
  readonly capacity: { readonly operationsPerSecond: number; readonly values: number; readonly bytes: number };
  readonly load: number;
  readonly movedIn: number;
  readonly movedOut: number;
  /** Of a primary of a Redis Cluster: the slots whose streams it serves, both ends included. */
  readonly slots?: readonly { readonly from: number; readonly to: number }[];
}

export interface Move {
  readonly atMs: number;
  readonly stream: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly why: string;
}

export interface Member {
  readonly member: string;
  readonly role: string;
  readonly state: string;
  readonly incarnation: string;
  readonly partitions: readonly number[];
  readonly ownedSinceMs: number;
  readonly takeOvers: number;
  readonly heardAtMs: number;
}

export interface Model {
  readonly model: string;
  readonly family: string;
  readonly state: string;
  readonly because: string;
  readonly madeAtMs?: number;
  readonly kind?: string;
  readonly steps?: number;
  readonly streams?: number;
  readonly loss?: number;
  readonly improvement?: number;
}

export interface AuditAccount {
  readonly sequence: string;
  readonly generation: number;
  readonly claimed: number;
  readonly issued: number;
  readonly stock: number;
  readonly revokedInFlight: number;
  readonly free: number;
  readonly uncut: number;
  readonly unopened: number;
  readonly void: number;
  readonly burnt: number;
  readonly inDoubt: number;
  readonly balanced: boolean;
}

export interface Audit {
  readonly ok: boolean;
  readonly duplicates: number;
  readonly problems: readonly string[];
  readonly accounts: readonly AuditAccount[];
  readonly recordsFolded: number;
}
