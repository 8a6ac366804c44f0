/**
 * Every refusal as `application/problem+json` (RFC 9457), with the catalogue's code, whether a retry can help and what to do.
 * What the framework or the parser refuses gets a code of the catalogue too: a caller has one shape to understand.
 */
import { ERROR_CATALOGUE, type ErrorCode, SequenceError } from '../../core/errors.ts';
import { BODY_BYTES_MAX } from '../../core/limits.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';
/** Long enough for an allocation or a take-over, short enough that nobody notices. */
export const RETRY_AFTER_SECONDS = 1;

export interface Problem {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Fastify's own refusals, by their code. */
const FRAMEWORK_REFUSALS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['SEQ_BODY_TOO_LARGE', `the body exceeds ${BODY_BYTES_MAX} bytes`],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['SEQ_INVALID_REQUEST', 'the body is not JSON: send it with content-type: application/json'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['SEQ_INVALID_REQUEST', 'the body is not as long as its content-length says'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['SEQ_INVALID_REQUEST', 'the body is empty: send a JSON object, {} at least'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['SEQ_INVALID_REQUEST', 'the body is not JSON'],
  FST_ERR_BAD_URL: ['SEQ_UNKNOWN_ROUTE', 'the path is not well encoded'],
  FST_ERR_MAX_PARAM_LENGTH: ['SEQ_UNKNOWN_ROUTE', 'a part of the path is too long'],
};

/** Nothing is told about it but that it happened: the log has the rest. */
const UNFORESEEN = new SequenceError('SEQ_INTERNAL', 'an unforeseen error; the log of the server has it');

export function problemOf(error: unknown): Problem {
  const known = error instanceof SequenceError ? error : (refusalOfFramework(error) ?? UNFORESEEN);
  const { code, httpStatus, message, details } = known;
  const { when, retriable, whatToDo } = ERROR_CATALOGUE[code];
  const title = when[0]?.toUpperCase() + when.slice(1);
  const body = {
    type: `urn:seqcast:error:${code}`,
    title,
    status: httpStatus,
    detail: message,
    code,
    retriable,
    whatToDo,
    ...(Object.keys(details).length > 0 && { details }),
  };
  return { status: httpStatus, code, headers: headersOf(httpStatus, details), body: jsonText(body) };
}

export function jsonText(value: unknown): string {
  return JSON.stringify(value, bigintsAsText);
}

/** JSON numbers lose digits above 2^53: whatever is a bigint here travels as text. */
function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function refusalOfFramework(error: unknown): SequenceError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const entry = typeof code === 'string' ? FRAMEWORK_REFUSALS[code] : undefined;
  if (entry !== undefined) return new SequenceError(entry[0], entry[1], {}, { cause: error });
  // The JSON parser's own errors carry no code of the framework, only its verdict that the caller is at fault.
  if (statusCode === 400)
    return new SequenceError('SEQ_INVALID_REQUEST', `the request cannot be read: ${error.message}`, {}, { cause: error });
  return undefined;
}

function headersOf(status: number, { retryAfterSeconds = RETRY_AFTER_SECONDS }: Readonly<Record<string, unknown>>): Record<string, string> {
  const retry = status === 429 || status === 503 ? { 'retry-after': String(retryAfterSeconds) } : {};
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer realm="seqcast"' } : {};
  return { 'content-type': PROBLEM_TYPE, ...retry, ...challenge };
}
