/**
 * Makes the database of a transaction pool safe to serve from again, while the installation around it may go on: the ledger names a life of
 * this restore first, so that nobody acknowledges anything any more, and the database records it together with all that is made up for.
 */
import { randomBytes } from 'node:crypto';
import { type RestoredSeries, restoreRegistrar } from '../../adapters/postgres/registrar-restoring.ts';
import { assert } from '../../core/assertion.ts';
import { SequenceError } from '../../core/errors.ts';
import { LedgerReader } from '../../workers/runtime/ledger/ledger-reader.ts';
import { MemberDirectory } from '../../workers/runtime/members/member-directory.ts';
import { TRANSACTION_POOL } from '../../workers/runtime/reservations/pool-word.ts';
import { type LedgerStore, type LedgerStoreOptions, openLedgerStore } from '../ledger-store.ts';
import type { Declarations } from './declarations.ts';
import { type NumbersFacts, type NumbersSource, numbersFacts } from './numbers-facts.ts';
import { type NumbersPlan, numbersPlan } from './numbers-plan.ts';

export interface RestoreNumbers extends LedgerStoreOptions {
  readonly postgres: string;
  /** Another database that knows more. */
  readonly fromCopy: string | undefined;
  /** What was trimmed off the ledger. */
  readonly exportDir: string | undefined;
  readonly confirmed: Declarations;
  readonly isNothingSince: boolean;
  readonly reason: string;
  /** False: only says what it would do. */
  readonly isDone: boolean;
}

const OWNER_LENGTH_MAX = 255;
/** Time for several words of whoever runs the pool. */
const LISTEN_MS = 3_000;

export async function restoreNumbers(order: RestoreNumbers): Promise<NumbersPlan> {
  const store = await openLedgerStore(order);
  const { log, snapshots, partitionCount } = store;
  const reader = new LedgerReader({ log, snapshots, partitionCount, onFailure: () => undefined, saves: () => false });
  try {
    await reader.catchUp();
    const exports = order.exportDir === undefined ? undefined : { dir: order.exportDir };
    const source = { store, reader, exports, postgres: order.postgres };
    const copy = order.fromCopy === undefined ? undefined : await numbersFacts({ ...source, postgres: order.fromCopy });
    const plan = planOf(order, await numbersFacts(source), copy);
    if (!order.isDone || plan.verdict === 'may-serve') return plan;
    refuseProblems(plan);
    // A directory that could be opened has no server.
    if (order.kafka !== undefined) await checkNobodyWrites(store);
    reader.follow();
    return await carriedOut(order, source, copy);
  } finally {
    await reader.close();
    await store.close();
  }
}

function planOf({ confirmed, isNothingSince }: RestoreNumbers, here: NumbersFacts, copy: NumbersFacts | undefined): NumbersPlan {
  return numbersPlan({ here, copy, confirmed, isNothingSince });
}

async function carriedOut(order: RestoreNumbers, source: NumbersSource, copy: NumbersFacts | undefined): Promise<NumbersPlan> {
  const { reader, postgres: url } = source;
  const life = randomBytes(8).toString('hex');
  for (const { partition } of (await numbersFacts(source)).logged) await openLife(reader, partition, life);
  // From here on the ledger takes no other writer's word: what is read now is what there is.
  const here = await numbersFacts(source);
  const plan = planOf(order, here, copy);
  refuseProblems(plan);
  const series = plan.steps.map((step): RestoredSeries => {
    const numbered = here.sequences.get(step.sequence);
    assert(numbered !== undefined, `the plan names ${step.sequence}, the ledger does not`);
    const { generation, keyScope, granted: grantedTo, series: known } = numbered;
    const { name: sequence, id, capacity } = generation;
    const toOpen = { sequence, generation: id, label: '', keyScope, capacity };
    return { series: toOpen, opsKnown: known.ops, grantedTo, cancelled: step.cancelled, runs: step.runs };
  });
  const opsLogged = here.logged.reduce((most, { lineage }) => Math.max(most, lineage.ops), 0);
  const because = `restored: ${order.reason}`.slice(0, OWNER_LENGTH_MAX);
  await restoreRegistrar({ url, life, opsLogged, series, by: 'restore', because, nowMs: Date.now() });
  return plan;
}

async function openLife(reader: LedgerReader, partition: number, life: string): Promise<void> {
  const logged = reader.shards[partition]?.lives.get(TRANSACTION_POOL);
  const { life: previous = '', ops = 0 } = logged ?? {};
  await reader.append('shards', partition, [{ kind: 'LifeOpened', pool: TRANSACTION_POOL, life, previous, ops }]);
  if (reader.shards[partition]?.lives.get(TRANSACTION_POOL)?.life === life) return;
  throw new SequenceError('SEQ_FENCED', `another life of ${TRANSACTION_POOL} began at the same time: see who runs it`);
}

/** A pool that runs has a database that fits, and it is not this one. It says a word every half second. */
async function checkNobodyWrites({ log }: LedgerStore): Promise<void> {
  const members = new MemberDirectory({ log, clock: { nowMs: () => Date.now() }, onFailure: () => undefined });
  await members.start();
  let endpoint: string | undefined;
  members.listen((event) => {
    if (event.role === 'pool' && event.member === TRANSACTION_POOL) endpoint = event.event === 'draining' ? undefined : event.endpoint;
  });
  await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
  await members.close();
  if (endpoint === undefined) return;
  const message = `${TRANSACTION_POOL} runs at ${endpoint}, on a database that fits the ledger: stop that process first, or restore nothing`;
  throw new SequenceError('SEQ_CONFLICT', message, { endpoint });
}

function refuseProblems({ problems }: NumbersPlan): void {
  if (problems.length > 0) throw new SequenceError('SEQ_CONFIG_INVALID', `nothing was restored: ${problems.join('; ')}`);
}
