/** The error of this package. Its codes are those of the server's catalogue; a few of them the client finds out by itself. */

/** Codes that this package gives itself; every other code came from the server. */
export type OwnErrorCode =
  | 'SEQ_UNREACHABLE'
  | 'SEQ_CLOSED'
  | 'SEQ_WAIT_TIMEOUT'
  | 'SEQ_TOO_MANY_WAITING'
  | 'SEQ_INVALID_COUNT'
  | 'SEQ_INVALID_REQUEST'
  | 'SEQ_UNKNOWN_CLIENT'
  | 'SEQ_UNSUPPORTED';

export interface ErrorParticulars {
  readonly retriable?: boolean;
  /** The HTTP status, where a server answered. */
  readonly status?: number;
  readonly whatToDo?: string;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class SeqcastClientError extends Error {
  readonly code: OwnErrorCode | (string & {});
  /** Whether the same call may succeed later. The client has tried again itself, as long as the call's time allowed. */
  readonly retriable: boolean;
  readonly status: number | undefined;
  readonly whatToDo: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: OwnErrorCode | (string & {}), message: string, particulars: ErrorParticulars = {}) {
    super(message, particulars.cause === undefined ? undefined : { cause: particulars.cause });
    this.name = 'SeqcastClientError';
    this.code = code;
    this.retriable = particulars.retriable ?? false;
    this.status = particulars.status;
    this.whatToDo = particulars.whatToDo;
    this.retryAfterMs = particulars.retryAfterMs;
  }
}

/** Judged by its fields: the errors of a transport in the same process are of another class. */
export function isRetriable(error: unknown): boolean {
  return (error as { retriable?: unknown } | undefined)?.retriable === true;
}

/** Where only the code of an error comes over: those that may go better later. A test holds this equal to the server's catalogue. */
export const RETRIABLE_CODES: readonly string[] = [
  'SEQ_TOO_MANY_WAITING',
  'SEQ_WAIT_TIMEOUT',
  'SEQ_NOT_READY',
  'SEQ_FENCED',
  'SEQ_ENGINE_AWAY',
  'SEQ_UNREACHABLE',
];

export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

export function closedError(what: string): SeqcastClientError {
  return new SeqcastClientError('SEQ_CLOSED', `${what} is closed`, { whatToDo: 'Open a new one.' });
}
