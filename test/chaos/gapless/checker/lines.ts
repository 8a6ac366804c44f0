/**
 * What a gapless campaign leaves behind for its judge, and how it is read. The judge imports nothing of the project: it knows these lines,
 * and what was promised.
 *
 *   clients/*.jsonl  what callers asked and were told, written before anybody acted on it; a file holds all that was said of its keys
 *   voids.jsonl      at the end: every number that the installation says is not in use, and why
 *   audit.json       at the end: what the installation says of itself
 *
 * Files are read line by line, one after the other: a campaign of millions of reservations is larger than the memory of its judge.
 */
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One attempt. `at` is the caller's clock, which never goes back. */
interface ReserveAsked {
  readonly do: 'reserve';
  readonly at: number;
  readonly key: string;
  readonly sequence: string;
  readonly count: number;
  readonly ttlMs: number;
}

export interface EndAsked {
  readonly do: 'confirm' | 'cancel';
  readonly at: number;
  readonly id: string;
}

/** A reservation as an answer showed it. `from` and `until` are the server's clock, which the campaign sets forward and never back. */
export interface Told {
  readonly do: 'got';
  readonly at: number;
  /** Of a reserve: the key it was asked under; else the reservation that was to be ended. */
  readonly key?: string;
  readonly id: string;
  readonly generation: number;
  readonly state: string;
  readonly values: readonly string[];
  readonly from: number;
  readonly until?: number;
}

export interface Refused {
  readonly do: 'refused';
  readonly at: number;
  readonly key?: string;
  readonly id?: string;
  readonly status: number;
  readonly code: string;
}

/** The connection ended before the answer came: whether it was done, the caller does not know, and asks again. */
interface Lost {
  readonly do: 'lost';
  readonly at: number;
  readonly key?: string;
  readonly id?: string;
}

export type ClientLine = ReserveAsked | EndAsked | Told | Refused | Lost;

export interface VoidLine {
  readonly sequence: string;
  readonly generation: number;
  readonly number: number;
  readonly value: string;
  readonly state: string;
  readonly why: string;
  readonly by: string;
  readonly atMs: number;
  readonly reservation: string;
}

export interface AuditFile {
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly accounts: readonly { readonly sequence: string; readonly generation: number; readonly issued: number; readonly burnt: number }[];
}

export interface Violation {
  readonly kind:
    | 'confirmed-twice'
    | 'held-twice'
    | 'gap'
    | 'unexplained'
    | 'idempotency'
    | 'forgotten'
    | 'refused'
    | 'unanswered'
    | 'audit';
  readonly message: string;
}

export function clientFiles(directory: string): string[] {
  const clients = join(directory, 'clients');
  return readdirSync(clients)
    .sort()
    .map((file) => join(clients, file));
}

export function voidsFile(directory: string): string {
  return join(directory, 'voids.jsonl');
}

/** Absent where nobody could be asked. */
export function readAudit(directory: string): AuditFile | undefined {
  const file = join(directory, 'audit.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AuditFile) : undefined;
}

/** Each line as it stands, one at a time. */
export async function* jsonLines<T>(file: string): AsyncGenerator<T> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1024 * 1024 })) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
  if (rest !== '') yield JSON.parse(rest) as T;
}
