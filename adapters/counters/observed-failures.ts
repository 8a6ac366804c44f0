/** What it means that an observed server cannot be read, and what an operator changes: the same for every kind of server. */
import { SequenceError } from '../../core/errors.ts';
import { misnamed } from './observed-source.ts';

export interface Observed {
  /** As people call it: PostgreSQL, MariaDB. */
  readonly engine: string;
  readonly shown: string;
  /** Whether it was read before: then nothing is wrong with its address. */
  readonly hasAnswered: boolean;
}

/** How the codes of one engine are read. */
export interface FailureCodes {
  /** What is named is not there: a wrong name, not a server in trouble. */
  readonly misnamed: RegExp;
  readonly refused: RegExp;
}

// What the cause says, and what an operator changes then. The first that fits is told.
const REMEDIES: readonly (readonly [pattern: RegExp, what: string, change: string])[] = [
  [/ECONNREFUSED/, 'nothing listens there', 'start it, or correct host and port of the URL'],
  [/ENOTFOUND|EAI_AGAIN/, 'its host name is not known', 'correct the host of the URL'],
  [
    /certificate|altnames|self.signed|CERT_/i,
    'its certificate is not trusted',
    'name the authority that signed it, and the host as it is in the certificate',
  ],
  [
    /does not support SSL|HANDSHAKE_NO_SSL|SSL|EPROTO|Parse Error|hang up/i,
    'it speaks another protocol',
    'check the port and whether it speaks TLS',
  ],
  [/timed? ?out|EHOSTUNREACH|ENETUNREACH/i, 'it does not answer', 'check host, port and firewall'],
];

/** The error for whoever reads; those that say already what to change are passed on. */
export function observedFailure({ engine, shown, hasAnswered }: Observed, codes: FailureCodes, cause: unknown): SequenceError {
  if (cause instanceof SequenceError) return cause;
  const text = textOf(cause);
  if (codes.misnamed.test(text)) return misnamed(`${engine} at ${shown} does not have what the URL names: ${text}`);
  if (hasAnswered) return new SequenceError('SEQ_ENGINE_AWAY', `${engine} at ${shown} does not answer: ${text}`, { engine }, { cause });
  const [, what, change] = codes.refused.test(text)
    ? ['', 'it refuses the user, the password or the reading', 'check user and password in the URL, and let the user SELECT what is named']
    : (REMEDIES.find(([pattern]) => pattern.test(text)) ?? ['', 'it cannot be read', 'check the URL']);
  const message = `${engine} at ${shown} cannot be reached: ${what} (${text}); ${change}`;
  return new SequenceError('SEQ_ENGINE_UNREACHABLE', message, { engine }, { cause });
}

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // Where a name has several addresses, none of which answers, each has its own cause.
  const first = cause instanceof AggregateError && cause.errors[0] instanceof Error ? cause.errors[0] : cause;
  const { code } = first as { readonly code?: string };
  return code === undefined || first.message.includes(code) ? first.message : `${code} ${first.message}`;
}
