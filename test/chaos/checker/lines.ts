/**
 * What a run leaves behind for its judge, as JSON lines, and how it is read. The checker imports nothing of the project: it knows these
 * lines, the words of the ledger, and what was promised.
 *
 *   clients/*.jsonl   what callers asked and got, written before anybody used it
 *   ledger.jsonl      every record of both ledgers in log order, and what the project's own fold said of it
 *   faults.jsonl      what was done to the installation, and when it was healthy again
 *   audit.json        what the installation says of itself; voids.json  the numbers it says are not in use
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** First value, how many, and the step between two of them. */
export type Run = readonly [start: string, count: number, increment: string];

/** One attempt to get something. A caller that got no answer asks again in a line of its own. */
export interface Ask {
  readonly do: 'ask';
  readonly at: number;
  readonly id: string;
  /** The call that this is an attempt of: a call is over when one of its attempts was answered. */
  readonly call: string;
  readonly via: string;
  readonly what: 'next' | 'reserve' | 'confirm' | 'cancel';
  readonly sequence: string;
  readonly stream?: string;
  readonly count: number;
  /** The caller's own name for what it wants: asked again, it must get the same. */
  readonly key?: string;
  readonly reservation?: string;
}

export interface Got {
  readonly do: 'got';
  readonly at: number;
  readonly id: string;
  readonly runs?: readonly Run[];
  /** Where the answer itself says it was booked: first ordinal, count, generation, partition, shard. */
  readonly booked?: readonly (readonly [ordinal: number, count: number, generation: number, partition: number, shard: number])[];
  readonly reservation?: string;
  readonly state?: string;
  readonly values?: readonly string[];
}

/** No values: refused for sure, or nobody knows. */
export interface Nothing {
  readonly do: 'nothing';
  readonly at: number;
  readonly id: string;
  readonly why: string;
  readonly isCertain: boolean;
}

/** The caller has ended its use of these, and gives them back. */
export interface Back {
  readonly do: 'back';
  readonly at: number;
  readonly id: string;
  readonly runs: readonly Run[];
}

export type ClientLine = Ask | Got | Nothing | Back;

export interface FaultLine {
  readonly fault: string;
  readonly target: string;
  readonly begunAt: number;
  readonly healedAt: number;
  /** Absent when it never was. */
  readonly healthyAt?: number;
  /** Who was not well in the end, where it never was. */
  readonly unwell?: string;
}

export interface LedgerLine {
  readonly log: 'ranges' | 'shards';
  readonly partition: number;
  readonly offset: number;
  /** When the log took it. */
  readonly at: number;
  readonly verdict: string;
  readonly record: Readonly<Record<string, unknown>> & { readonly kind: string };
}

export interface Account {
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
}

export interface History {
  readonly clients: readonly ClientLine[];
  readonly ledger: readonly LedgerLine[];
  readonly faults: readonly FaultLine[];
  readonly accounts: readonly Account[];
  /** Numbers of the gapless sequence that are not in use at the end; absent where nobody could be asked. */
  readonly voids?: readonly string[];
}

export interface Violation {
  readonly kind:
    | 'duplicate'
    | 'outside-shards'
    | 'ledger'
    | 'order'
    | 'idempotency'
    | 'gap'
    | 'held-twice'
    | 'unanswered'
    | 'account'
    | 'never-healthy';
  readonly message: string;
}

export function readHistory(directory: string): History {
  const clients = join(directory, 'clients');
  const voids = join(directory, 'voids.json');
  return {
    clients: readdirSync(clients).flatMap((file) => jsonLines<ClientLine>(join(clients, file))),
    ledger: jsonLines<LedgerLine>(join(directory, 'ledger.jsonl')),
    faults: jsonLines<FaultLine>(join(directory, 'faults.jsonl')),
    accounts: (JSON.parse(readFileSync(join(directory, 'audit.json'), 'utf8')) as { readonly accounts: readonly Account[] }).accounts,
    ...(existsSync(voids) && { voids: JSON.parse(readFileSync(voids, 'utf8')) as string[] }),
  };
}

function jsonLines<T>(file: string): T[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
