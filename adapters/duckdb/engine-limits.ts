/** What one call of the archive may use. The engine shares its machine, and in the embedded default its process, with those who serve. */

/** Of DuckDB, per call; calls take turns. Enough to sort some hundred thousand rows; nothing is spilled to disk. */
export const MEMORY_LIMIT = '256MB';
/** The gateway and the storage want the rest of a small machine. */
export const THREADS = '1';
/** A query that nobody would wait for. Folding constants while a statement is prepared cannot be interrupted and may take longer. */
export const READ_MS_MAX = 30_000;
/** Rows of one answer: more belongs into a file that is read where it is needed. */
export const RESULT_ROWS_MAX = 100_000;
/** Characters of text in one answer, for few rows with much in them. */
export const RESULT_CHARS_MAX = 64 * 1024 * 1024;
/** Rows of one batch: a file of some megabytes, and half a second of work. */
export const BATCH_ROWS_MAX = 100_000;
/** A statement written by hand; the parser's own depth limit does the rest. */
export const SQL_CHARS_MAX = 16 * 1024;
export const SQL_PARAMETERS_MAX = 100;
/** Calls that wait for their turn; one more is told to come back. */
export const CALLS_WAITING_MAX = 64;
