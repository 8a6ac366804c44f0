/** What an answer of etcd, or none, means to whoever asked, and what an operator changes. */
import { SequenceError } from '../../core/errors.ts';

/** Codes of gRPC that the gateway passes on. */
const OUT_OF_RANGE = 11;
const RESOURCE_EXHAUSTED = 8;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/** An answer that is an error, as the gateway gives it. */
export interface EtcdRefusal {
  readonly status: number;
  readonly code: number | undefined;
  readonly text: string;
}

// What a refusal says, and what an operator changes then. The first that fits is told.
const REMEDIES: readonly (readonly [fits: (refusal: EtcdRefusal) => boolean, what: string, change: string])[] = [
  [({ text }) => /user name is empty/.test(text), 'it asks for a user', 'set user and password'],
  [({ text }) => /invalid user ID or password/.test(text), 'it refuses the user or password', 'check user and password'],
  [
    ({ code }) => code === PERMISSION_DENIED,
    'the user may not do what is needed',
    'grant it a role that reads and writes the keys of the prefix',
  ],
];

/** The error for a refusal; `SEQ_ENGINE_AWAY` where a retry can help. */
export function refused(shown: string, refusal: EtcdRefusal): SequenceError {
  const { status, code, text } = refusal;
  const details = { engine: 'etcd', status, code };
  const remedy = REMEDIES.find(([fits]) => fits(refusal));
  if (remedy !== undefined) return unreachable(shown, `${remedy[1]} (${text})`, remedy[2], details);
  if (code === RESOURCE_EXHAUSTED) {
    const change = 'compact and defragment it, raise its quota, and disarm the alarm';
    return new SequenceError('SEQ_ENGINE_UNUSABLE', `etcd at ${shown} takes no more writes: ${text}; ${change}`, details);
  }
  return new SequenceError('SEQ_ENGINE_AWAY', `etcd at ${shown} cannot answer: ${text}`, details);
}

/** The error where no answer came. */
export function unanswered(shown: string, cause: unknown): SequenceError {
  return new SequenceError('SEQ_ENGINE_AWAY', `etcd at ${shown} does not answer: ${textOf(cause)}`, { engine: 'etcd' }, { cause });
}

export function isTokenRefused({ code, text }: EtcdRefusal): boolean {
  return code === UNAUTHENTICATED || /invalid auth token/.test(text);
}

/** The revision that was asked for is compacted away, or was never reached: history is not what it was believed to be. */
export function isHistoryGone(error: unknown): boolean {
  return error instanceof SequenceError && error.details.code === OUT_OF_RANGE;
}

// What the cause of a failed opening says, and what an operator changes then.
const OPENING_REMEDIES: readonly (readonly [pattern: RegExp, what: string, change: string])[] = [
  [/ECONNREFUSED/, 'nothing listens there', 'start etcd, or correct host and port of the URL'],
  [/ENOTFOUND|EAI_AGAIN/, 'its host name is not known', 'correct the host of the URL'],
  [
    /certificate|altnames|self.signed|CERT_/i,
    'its certificate is not trusted',
    'name the authority that signed it in caFile, and the host as it is in the certificate',
  ],
  [
    /EPROTO|wrong version number|hang up|ECONNRESET|Parse Error|HTTPS server/i,
    'it speaks another protocol',
    'use https:// where the port speaks TLS and http:// where it does not',
  ],
];

/** The error of an opening that failed. One that says already what to change is passed on as it is. */
export function openingFailed(shown: string, error: unknown): SequenceError {
  if (error instanceof SequenceError && error.code !== 'SEQ_ENGINE_AWAY') return error;
  const cause = error instanceof SequenceError ? (error.cause ?? error) : error;
  const text = textOf(cause);
  const [, what, change] = OPENING_REMEDIES.find(([pattern]) => pattern.test(text)) ?? [
    '',
    'it does not answer',
    'check host, port and firewall',
  ];
  return unreachable(shown, `${what} (${text})`, change, { engine: 'etcd' }, cause);
}

export function unreachable(
  shown: string,
  what: string,
  change: string,
  details: Readonly<Record<string, unknown>> = { engine: 'etcd' },
  cause?: unknown,
): SequenceError {
  return new SequenceError('SEQ_ENGINE_UNREACHABLE', `etcd at ${shown} cannot be reached: ${what}; ${change}`, details, { cause });
}

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as { readonly code?: string };
  return code === undefined || cause.message.includes(code) ? cause.message : `${code} ${cause.message}`;
}
