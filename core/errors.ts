/**
 * The error catalogue: one class, a closed list of codes, each with whether a retry can help, its HTTP status, what it means
 * and what to do. `docs/reference/errors.md` is generated from this table.
 */
interface ErrorEntry {
  readonly retriable: boolean;
  readonly httpStatus: number;
  /** "Thrown when …", for the reference page. */
  readonly when: string;
  readonly whatToDo: string;
}

// biome-ignore format: one row a code reads as the table it is.
export const ERROR_CATALOGUE = {
  SEQ_INVALID_NAME: { retriable: false, httpStatus: 400, when: 'a name does not follow the rules', whatToDo: 'Use 1 to 63 letters, digits, dots, underscores or hyphens, starting with a letter or digit.' },
  SEQ_INVALID_DEFINITION: { retriable: false, httpStatus: 400, when: 'the attributes of a sequence contradict each other or a limit', whatToDo: 'The message names the attribute and the way out.' },
  SEQ_INVALID_COUNT: { retriable: false, httpStatus: 400, when: 'a count is not a whole number from 1 to 10,000', whatToDo: 'Ask for 1 to 10,000 values a call; take more in several calls.' },
  SEQ_INVALID_REQUEST: { retriable: false, httpStatus: 400, when: 'a request is not JSON, has an unknown field or a field of the wrong type', whatToDo: 'The message names the field; see the OpenAPI page at /docs.' },
  SEQ_UNAUTHENTICATED: { retriable: false, httpStatus: 401, when: 'a request carries no API key where one is needed, or one that is not known (any more)', whatToDo: 'Send `authorization: Bearer sqk_…`; the command line takes --api-key or SEQCAST_API_KEY.' },
  SEQ_FORBIDDEN: { retriable: false, httpStatus: 403, when: 'an API key does not cover what is asked', whatToDo: 'The message names the scope that is missing; an operator can make a key that has it.' },
  SEQ_UNKNOWN_KEY: { retriable: false, httpStatus: 404, when: 'no API key of that id or name exists', whatToDo: 'List what there is with `seqcast keys list`.' },
  SEQ_QUOTA_EXCEEDED: { retriable: false, httpStatus: 429, when: 'an API key has taken all the values of its quota in this hour, day or month', whatToDo: 'Wait until the period ends, as Retry-After says, or have the quota raised.' },
  SEQ_RATE_LIMITED: { retriable: true, httpStatus: 429, when: 'a key or an address sends more requests a second than the server is told to allow', whatToDo: 'Come back after the Retry-After time, and take more values in one call.' },
  SEQ_BODY_TOO_LARGE: { retriable: false, httpStatus: 413, when: 'a request body exceeds 16 KiB', whatToDo: 'No legal request is that large; check what is sent.' },
  SEQ_UNSUPPORTED: { retriable: false, httpStatus: 501, when: 'a call asks for what this process or this kind of sequence does not do, such as `next` of a gapless one', whatToDo: 'The message names what to do instead.' },
  SEQ_UNKNOWN_SEQUENCE: { retriable: false, httpStatus: 404, when: 'no sequence of that name exists', whatToDo: 'Create it first, or check the name with `seqcast list`.' },
  SEQ_UNKNOWN_STREAM: { retriable: false, httpStatus: 404, when: 'nothing was ever asked of that stream', whatToDo: 'Check the id with `seqcast status`.' },
  SEQ_UNKNOWN_CLIENT: { retriable: false, httpStatus: 404, when: 'a client id is not in the route table', whatToDo: 'Register the client id, or name client type and service in the call.' },
  SEQ_UNKNOWN_ROUTE: { retriable: false, httpStatus: 404, when: 'an HTTP path or method does not exist', whatToDo: 'See the OpenAPI page at /docs.' },
  SEQ_UNKNOWN_VALUE: { retriable: false, httpStatus: 404, when: 'a value was never allocated to anyone', whatToDo: 'Check the value and the sequence.' },
  SEQ_SEQUENCE_EXISTS: { retriable: false, httpStatus: 409, when: 'a sequence of that name exists already with other attributes', whatToDo: 'Use `alter` or `restart`, or choose another name.' },
  SEQ_CONFLICT: { retriable: true, httpStatus: 409, when: 'somebody else changed the sequence at the same time', whatToDo: 'Read it again and repeat the change if it is still wanted.' },
  SEQ_PRECONDITION_FAILED: { retriable: false, httpStatus: 412, when: 'the If-Match header of a change names another version of the sequence than the present one', whatToDo: 'Read it again, see what changed, and repeat the change with its new ETag if it is still wanted.' },
  SEQ_TOO_MANY_SEQUENCES: { retriable: false, httpStatus: 409, when: 'the installation holds its maximum of sequences', whatToDo: 'Drop sequences that nobody uses.' },
  SEQ_REQUEST_CONFLICT: { retriable: false, httpStatus: 409, when: 'a request id was used before with another payload', whatToDo: 'Use a fresh id for a different request.' },
  SEQ_EXHAUSTED: { retriable: false, httpStatus: 410, when: 'every value of the sequence has been given out and it does not cycle', whatToDo: 'Raise max with `alter`, restart it, or let it cycle.' },
  SEQ_DROPPED: { retriable: false, httpStatus: 410, when: 'the sequence was dropped while the call waited', whatToDo: 'Create it again if it is still needed.' },
  SEQ_BLOCK_UNKNOWN: { retriable: false, httpStatus: 409, when: 'a block is given back that this stock does not hold as out: given back before, revoked, or of a former life', whatToDo: 'Nothing: its values are accounted for as issued.' },
  SEQ_UNKNOWN_RESERVATION: { retriable: false, httpStatus: 404, when: 'no reservation of that id is known, or another copy of the database made it', whatToDo: 'Check the id; a key that was used before still finds its reservation.' },
  SEQ_RESERVATION_CONFIRMED: { retriable: false, httpStatus: 409, when: 'a reservation is cancelled that was confirmed before', whatToDo: 'Nothing: its values are in use.' },
  SEQ_RESERVATION_CANCELLED: { retriable: false, httpStatus: 409, when: 'a reservation is confirmed that was cancelled before', whatToDo: 'Reserve again with a fresh key: others may hold its values now.' },
  SEQ_RESERVATION_EXPIRED: { retriable: false, httpStatus: 409, when: 'a reservation is confirmed that had expired before', whatToDo: 'Reserve again with a fresh key, for longer: others may hold its values now.' },
  SEQ_TOO_MANY_RESERVATIONS: { retriable: true, httpStatus: 429, when: 'a series has its maximum of 100,000 open reservations', whatToDo: 'Confirm or cancel some, or reserve for a shorter time.' },
  SEQ_GRANT_AWAITED: { retriable: true, httpStatus: 503, when: 'the ledger has not yet granted so many values of a gapless series', whatToDo: 'Retry in a moment; if it persists, check the allocator with `seqcast status`.' },
  SEQ_LINEAGE_BROKEN: { retriable: false, httpStatus: 500, when: 'the database of a transaction pool is not the one that was written last: failed over to a standby that lagged, restored, or copied', whatToDo: 'Bring back the database that has every acknowledged change; without it, skip what is missing and say so in a void report.' },
  SEQ_TOO_MANY_WAITING: { retriable: true, httpStatus: 429, when: 'too many callers wait for the same stream', whatToDo: 'Come back after the Retry-After time.' },
  SEQ_WAIT_TIMEOUT: { retriable: true, httpStatus: 503, when: 'no allocation arrived in time', whatToDo: 'Retry; if it persists, check the allocator with `seqcast status`.' },
  SEQ_NOT_READY: { retriable: true, httpStatus: 503, when: 'the process is starting or draining', whatToDo: 'Retry against another instance or in a moment.' },
  SEQ_FENCED: { retriable: true, httpStatus: 503, when: 'the pool lives another life than the caller believed', whatToDo: 'Retry: the route is corrected by then.' },
  SEQ_APPEND_UNKNOWN: { retriable: true, httpStatus: 503, when: 'a record may or may not have reached the log', whatToDo: 'Nothing: the log is read back and the step decided again.' },
  SEQ_DATA_DIR_IN_USE: { retriable: false, httpStatus: 500, when: 'another process owns the data directory', whatToDo: 'Stop that process or choose another --data-dir.' },
  SEQ_DATA_DIR_UNUSABLE: { retriable: false, httpStatus: 500, when: 'the data directory cannot be created, read or written', whatToDo: 'Check the path and its permissions.' },
  SEQ_DATA_CORRUPT: { retriable: false, httpStatus: 500, when: 'a file of the data directory is damaged or truncated', whatToDo: 'Restore the directory from a backup; nothing was changed.' },
  SEQ_DATA_NEWER: { retriable: false, httpStatus: 500, when: 'the data directory or a record was written by a newer version', whatToDo: 'Upgrade seqcast to that version or later.' },
  SEQ_DISK_FULL: { retriable: true, httpStatus: 507, when: 'the disk is full', whatToDo: 'Free space; nothing half done was kept.' },
  SEQ_STORAGE_FAILED: { retriable: false, httpStatus: 500, when: 'the storage engine failed in an unforeseen way', whatToDo: 'See the log; the process stops rather than go on with doubtful storage.' },
  SEQ_SCHEMA_UNKNOWN: { retriable: false, httpStatus: 400, when: 'bytes carry a schema fingerprint that is not in the history', whatToDo: 'Upgrade, or find out who wrote them.' },
  SEQ_SCHEMA_INVALID: { retriable: false, httpStatus: 400, when: 'a message does not fit its schema', whatToDo: 'The message names the field.' },
  SEQ_CONFIG_INVALID: { retriable: false, httpStatus: 400, when: 'flags, environment or configuration file are wrong', whatToDo: 'Every error is listed; mend them all at once.' },
  SEQ_ENGINE_UNREACHABLE: { retriable: true, httpStatus: 503, when: 'an engine (Kafka, Redis, etcd) does not answer at its address, or refuses the user or the TLS settings', whatToDo: 'The message names the engine, the address and the setting to check.' },
  SEQ_ENGINE_UNUSABLE: { retriable: false, httpStatus: 500, when: 'an engine answers and must not be used: eviction, a replica, no Functions, unsafe topic settings', whatToDo: 'The message names the setting and the value it needs.' },
  SEQ_ENGINE_AWAY: { retriable: true, httpStatus: 503, when: 'an engine that was there does not answer in time', whatToDo: 'Retry; what depends on the engine recovers by itself when it is back.' },
  SEQ_TOPIC_FORBIDDEN: { retriable: false, httpStatus: 400, when: 'a request over Kafka names a reply topic, or a bulk job a topic, that is not on the allow-list', whatToDo: 'Use seqcast.values, or have the topic added to `replyTopics`; for bulk jobs, to `bulkTopics`.' },
  SEQ_LEDGER_CUT: { retriable: false, httpStatus: 500, when: 'the ledger was trimmed and no snapshot reaches back to where it begins', whatToDo: 'Restore the snapshots, or the export that the trim wrote; nothing is served until then.' },
  SEQ_UNKNOWN_JOB: { retriable: false, httpStatus: 404, when: 'no job or dead letter of that id is kept', whatToDo: 'List what there is; done jobs are forgotten after a while.' },
  SEQ_MODEL_INVALID: { retriable: false, httpStatus: 422, when: 'a model file is damaged, incomplete, or made for other features than this version has', whatToDo: 'Train again, or promote another version: `seqcast models list`. Forecasts go on without it.' },
  SEQ_UNKNOWN_MODEL: { retriable: false, httpStatus: 404, when: 'no model version of that name is in the registry', whatToDo: 'List what there is with `seqcast models list`.' },
  SEQ_UNKNOWN_POOL: { retriable: false, httpStatus: 404, when: 'no pool of that name was heard of', whatToDo: 'List what there is with `seqcast pools`.' },
  SEQ_UNKNOWN_PROFILE: { retriable: false, httpStatus: 404, when: 'no profile is set for that client type, service and sequence', whatToDo: 'List what there is with `seqcast profiles list`.' },
  SEQ_TOO_MANY_PROFILES: { retriable: false, httpStatus: 409, when: 'the installation holds its maximum of 1,000 profiles', whatToDo: 'Remove profiles that nobody needs, or set one for a whole client type.' },
  SEQ_UNKNOWN_ANNOUNCEMENT: { retriable: false, httpStatus: 404, when: 'no burst of that stream with that begin is announced, or it is over', whatToDo: 'List what there is with `seqcast announce list`.' },
  SEQ_TOO_MANY_ANNOUNCEMENTS: { retriable: false, httpStatus: 409, when: 'a stream has its maximum of 16 announced bursts that are not over', whatToDo: 'End some, or set a profile for what repeats.' },
  SEQ_PORT_IN_USE: { retriable: false, httpStatus: 500, when: 'the HTTP port is taken', whatToDo: 'Choose another --port, or stop what listens there.' },
  SEQ_UNREACHABLE: { retriable: true, httpStatus: 503, when: 'no server answers at that address', whatToDo: 'Start one with `seqcast up`, or check --url.' },
  SEQ_INTERNAL: { retriable: false, httpStatus: 500, when: 'something failed that nobody foresaw', whatToDo: 'See the log of the process; it is a bug, please report it.' },
  SEQ_CLOSED: { retriable: false, httpStatus: 409, when: 'a client or server object is used after close()', whatToDo: 'Open a new one.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
export const ERROR_CODES = Object.keys(ERROR_CATALOGUE) as readonly ErrorCode[];

/** Every error a user can meet. `details` holds the domain fields that the message mentions. */
export class SequenceError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SequenceError';
    this.code = code;
    this.details = details;
  }

  get retriable(): boolean {
    return ERROR_CATALOGUE[this.code].retriable;
  }

  get httpStatus(): number {
    return ERROR_CATALOGUE[this.code].httpStatus;
  }

  get whatToDo(): string {
    return ERROR_CATALOGUE[this.code].whatToDo;
  }
}
