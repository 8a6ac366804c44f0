/**
 * Every bound that protects the system, with the reason it has this value. A limit that an operator may change is a default
 * here and an option in `workers/runtime/process/config.ts`; a limit that a record format relies on is fixed for ever.
 */

/** Ordinals are plain numbers, exact up to here (IEEE 754); a generation never counts further. */
export const ORDINAL_MAX = Number.MAX_SAFE_INTEGER;

/** Values are SQL `bigint`s: what every database column, Avro `long` and client language can hold. */
export const VALUE_MIN = -(2n ** 63n);
export const VALUE_MAX = 2n ** 63n - 1n;

/** A name becomes a topic key, a metric label and a part of a URL: short, and without characters that need escaping. */
export const NAME_LENGTH_MAX = 63;
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** A client id is a caller's own word (a host, a user, a device): longer than a name, still printable ASCII without '/'. */
export const CLIENT_ID_LENGTH_MAX = 128;
export const CLIENT_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}$/;

/** One call may take this many values: a longer run is several calls, so that one caller cannot drain a stock in one step. */
export const COUNT_MAX = 10_000;

/** Above this many values an answer holds blocks only: the list would be longer than the work it describes. */
export const VALUES_LISTED_MAX = 1_000;

/** Body of an HTTP request: the largest legal one is under 1 KB. */
export const BODY_BYTES_MAX = 16 * 1024;

/** Sequences in one installation: each costs a few KB in every process. */
export const SEQUENCES_MAX = 10_000;

/** Streams of one sequence with a stock of their own; further ones share the overflow stream. */
export const STREAMS_PER_SEQUENCE_MAX = 1_000;

/** A return names at most this many slices; with the index in the low byte, position and index make one exact source id. */
export const SLICES_PER_RETURN_MAX = 255;
export const SOURCE_INDEX_RADIX = 256;

/** Shards one order may be answered with: bounds the burst of records when only small free slices are left. */
export const SHARDS_PER_ORDER_MAX = 8;

/** Largest shard: what a burst may take in one decision; 2^40 is 35 years at 1,000 values a second. */
export const SHARD_SIZE_MAX = 2 ** 40;

/** Blocks out at clients that a stock remembers, per stream; beyond it the oldest can no longer be given back. */
export const BLOCKS_OUT_MAX = 10_000;

/** Callers waiting for stock, per stream; one more is told to come back, before memory is the limit. */
export const WAITING_MAX = 10_000;

/** How long a caller waits for an allocation before it gets a retriable error: longer than a take-over of an allocator. */
export const WAIT_MS_MAX = 30_000;

/** Request ids remembered per ledger partition: counted in accepted answers, so that every reader forgets the same ones. */
export const REQUEST_IDS_MAX = 100_000;

/** Pools of gapless sequences that a ledger partition knows the life of, for ever: databases, not processes. */
export const LIVES_MAX = 1_000;

/** Sequences with fewer ordinals than this live in one partition, so that their last values are never out of reach. */
export const PARTITIONED_CAPACITY_MIN = 2 ** 40;

/** Capacity shared by several partitions is claimed in ranges of at least and at most this many ordinals. */
export const RANGE_SIZE_MIN = 1_024;
export const RANGE_SIZE_MAX = 2 ** 42;

/** Profiles in one installation: each is copied into every partition of the consumption topic, and looked at by hand. */
export const PROFILES_MAX = 1_000;

/** Bursts of one stream that are announced and not over: a plan, not a time series. */
export const ANNOUNCEMENTS_PER_STREAM_MAX = 16;

/** Values per second that a profile or an announced burst may claim: more than any one stream can be served, and what a slip may waste. */
export const DECLARED_RATE_MAX = 10_000_000;
