/** What it means that PostgreSQL did not do what the transaction pool asked, whether asking again helps, and what an operator changes. */
import pg from 'pg';
import { SequenceError } from '../../core/errors.ts';
import { ConnectionLost, LOCK_TIMEOUT_MS, OutcomeUnknown } from './registrar-session.ts';

/** Somebody else was in the way: a deadlock, a key that another series of the scope has taken meanwhile. */
const COLLISION = /^(40001|40P01|23505)$/;
/** The server is going, coming, or full: of itself, none of our statements. */
const AWAY = /^(57P0[1-3]|08\w{3}|53300|25006|25P03)$/;
const LOCK_NOT_HAD = '55P03';
const DISK_FULL = '53100';
const TIMED_OUT = /timed? ?out/i;

// What the cause says, and what an operator changes then. The first that fits is told.
const REMEDIES: readonly (readonly [pattern: RegExp, what: string, change: string])[] = [
  [/28P01|password authentication failed/, 'it refuses the password', 'correct user and password of the URL, or PGPASSWORD'],
  [/password must be a (non-empty )?string/, 'it asks for a password', 'put one in the URL, or set PGPASSWORD'],
  [/28000|pg_hba/, 'it does not let this user in from here', 'check the user of the URL, and the lines of pg_hba.conf'],
  [/3D000/, 'it has no such database', 'create it, or correct the name in the URL'],
  [/42501/, 'the role lacks a right', 'let it CREATE a schema in the database, or own the one that is there'],
  [/26000|42P05/, 'a pooler stands before it', 'connect to PostgreSQL itself, or let the pooler keep a session'],
  [/ECONNREFUSED/, 'nothing listens there', 'start it, or correct host and port of the URL'],
  [/ENOTFOUND|EAI_AGAIN/, 'its host name is not known', 'correct the host of the URL'],
  [/does not support SSL/, 'it does not speak TLS', 'turn ssl on in postgresql.conf, or ask for sslmode=disable'],
  [
    /certificate|altnames|self.signed|CERT_/i,
    'its certificate is not trusted',
    'name the authority that signed it with sslrootcert, and the host as it is in the certificate',
  ],
  [/timed? ?out|EHOSTUNREACH|ENETUNREACH/i, 'it does not answer', 'check host, port and firewall'],
];

/** Whether nothing was changed, and the same may go better at once. */
export function mayAskAgain(cause: unknown): boolean {
  if (cause instanceof ConnectionLost) return !TIMED_OUT.test(cause.message);
  return cause instanceof pg.DatabaseError && (COLLISION.test(cause.code ?? '') || AWAY.test(cause.code ?? ''));
}

/** The error for a caller, once the server has answered before: nothing is wrong with its address. */
export function registrarFailure(shown: string, cause: unknown): SequenceError {
  if (cause instanceof SequenceError) return cause;
  const told = (
    code: 'SEQ_INTERNAL' | 'SEQ_CONFLICT' | 'SEQ_DISK_FULL' | 'SEQ_STORAGE_FAILED' | 'SEQ_ENGINE_AWAY',
    what: string,
  ): SequenceError => new SequenceError(code, `PostgreSQL at ${shown}: ${what}`, { engine: 'PostgreSQL' }, { cause });
  if (cause instanceof OutcomeUnknown) {
    const what = `the connection was lost while a group was committed (${cause.message}); repeat the call with the same key to learn what became of it`;
    return new SequenceError('SEQ_ENGINE_AWAY', `PostgreSQL at ${shown}: ${what}`, { engine: 'PostgreSQL', outcome: 'unknown' }, { cause });
  }
  const text = textOf(cause);
  if (cause instanceof ConnectionLost) return told('SEQ_ENGINE_AWAY', `it does not answer (${text})`);
  if (!(cause instanceof pg.DatabaseError)) return told('SEQ_INTERNAL', text);
  const code = cause.code ?? '';
  if (code === LOCK_NOT_HAD) return told('SEQ_CONFLICT', `a transaction of an application has held the series for ${LOCK_TIMEOUT_MS} ms`);
  if (COLLISION.test(code)) return told('SEQ_CONFLICT', `others were in the way again and again (${text})`);
  if (code === DISK_FULL) return told('SEQ_DISK_FULL', text);
  return AWAY.test(code) ? told('SEQ_ENGINE_AWAY', text) : told('SEQ_STORAGE_FAILED', text);
}

/** The error for whoever opens. */
export function openingFailure(shown: string, cause: unknown): SequenceError {
  if (cause instanceof SequenceError) return cause;
  const text = textOf(cause);
  const [, what, change] = REMEDIES.find(([pattern]) => pattern.test(text)) ?? ['', 'it cannot be opened', 'check the URL'];
  const message = `PostgreSQL at ${shown} cannot be used: ${what} (${text}); ${change}`;
  return new SequenceError('SEQ_ENGINE_UNREACHABLE', message, { engine: 'PostgreSQL' }, { cause });
}

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // Where a name has several addresses, none of which answers, each has its own cause.
  const told = cause instanceof ConnectionLost && cause.cause instanceof Error ? cause.cause : cause;
  const first = told instanceof AggregateError && told.errors[0] instanceof Error ? told.errors[0] : told;
  const { code } = first as { readonly code?: string };
  return code === undefined || first.message.includes(code) ? first.message : `${code} ${first.message}`;
}
