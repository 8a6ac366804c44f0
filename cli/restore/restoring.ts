/**
 * Carries out a plan on a directory whose server is stopped: opens it like a server that nobody can reach, so that every change goes the
 * way it always goes (a new generation with its fences, reservations in the pool's store, a life in the ledger), and audits the outcome.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beginRestoring, endRestoring } from '../../adapters/embedded/restoring-mark.ts';
import { assert } from '../../core/assertion.ts';
import { SequenceError } from '../../core/errors.ts';
import { COUNT_MAX } from '../../core/limits.ts';
import { valueAt } from '../../core/sequence.ts';
import { open } from '../../workers/embedded.ts';
import type { ReservationService } from '../../workers/runtime/reservations/reservation-service.ts';
import type { AuditReport, SeqcastService } from '../../workers/runtime/service/service.ts';
import type { DirectoryFacts } from './directory-facts.ts';
import type { Reconciliation, RestorePlan, Run } from './restore-plan.ts';

/** Longer than a restore of millions of numbers takes. */
const HELD_MS = 3_600_000;
const OWNER_LENGTH_MAX = 255;

interface RestoreOrder {
  readonly dataDir: string;
  readonly plan: RestorePlan;
  readonly here: DirectoryFacts;
  /** Why, for whoever reads the history of a number later. */
  readonly reason: string;
}

export async function restore(order: RestoreOrder): Promise<AuditReport> {
  const dataDir = resolve(order.dataDir);
  const { plan, here, reason } = order;
  beginRestoring(dataDir);
  const service = await open({ dataDir });
  let audit: AuditReport;
  try {
    for (const step of plan.steps) {
      if (step.kind === 'skip') await service.alter(step.sequence, { start: step.start });
      if (step.kind === 'reconcile') await reconcile(service, step, order);
    }
    audit = await service.audit();
  } finally {
    await service.close();
  }
  noteRestore(dataDir, { logId: here.logId, reason, plan });
  endRestoring(dataDir);
  return audit;
}

/**
 * Reserves every run of numbers in turn, the lowest first, which is also what the store gives: those in use are confirmed, the others are
 * given up again at the end. A number that comes out of turn stops everything before it is confirmed.
 */
async function reconcile(service: SeqcastService, step: Reconciliation, { here, reason }: RestoreOrder): Promise<void> {
  const { sequence } = step;
  const reservations = service.reservations();
  const because = `restored: ${reason}`.slice(0, OWNER_LENGTH_MAX);
  const definition = here.sequences.get(sequence)?.generation.definition;
  assert(definition !== undefined, `the plan names ${sequence}, the directory does not`);
  for (const id of step.cancelled) await reservations.cancel({ sequence, id, by: 'restore', because });
  const attempt = randomBytes(8).toString('hex');
  const held: string[] = [];
  for (const { start, end, isConfirmed } of piecesOf(step.runs)) {
    const asked = { sequence, key: `restore-${attempt}-${start}`, count: end - start, ttlMs: HELD_MS, owner: because };
    const { id, values } = await reservations.reserve(asked);
    const isInTurn = values.length === end - start && values.every((value, index) => value === valueAt(definition, start + index));
    if (!isInTurn) throw outOfTurn(sequence, valueAt(definition, start), values[0]);
    if (isConfirmed) await reservations.confirm({ sequence, id, by: 'restore' });
    else held.push(id);
  }
  await giveUp(reservations, sequence, held, because);
}

async function giveUp(reservations: ReservationService, sequence: string, held: readonly string[], because: string): Promise<void> {
  for (const id of held) await reservations.cancel({ sequence, id, by: 'restore', because });
}

/** As one reservation can hold them. */
function* piecesOf(runs: readonly Run[]): Iterable<Run> {
  for (const { start, end, isConfirmed } of runs) {
    for (let from = start; from < end; from += COUNT_MAX) yield { start: from, end: Math.min(end, from + COUNT_MAX), isConfirmed };
  }
}

/** What was done, a line each, beside the database: the ledger holds the changes, this holds the reason. */
function noteRestore(dataDir: string, note: object): void {
  const file = openSync(join(dataDir, 'seqcast.restores.jsonl'), 'a');
  try {
    const text = JSON.stringify({ at: new Date().toISOString(), ...note }, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    writeSync(file, `${text}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function outOfTurn(sequence: string, wanted: bigint, got: bigint | undefined): SequenceError {
  const message = `${sequence} gave ${got ?? 'nothing'} where ${wanted} was to be recorded: nothing more is changed; run the restore again`;
  return new SequenceError('SEQ_CONFLICT', message, { sequence });
}
