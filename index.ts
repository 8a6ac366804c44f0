/** The package `seqcast`: sequence values in this process. `seqcast-client` is the same over HTTP. */
export {
  type IssuedNumbers,
  type NumberedGeneration,
  numbersInTransaction,
  type OwnTransaction,
  type OwnTransactionOptions,
  type ReserveRequest,
  type SeriesRequest,
  type TransactionClient,
} from './adapters/postgres/own-transaction.ts';
export { ERROR_CATALOGUE, ERROR_CODES, type ErrorCode, SequenceError } from './core/errors.ts';
export type { Order, SequenceAttributes, SequenceDefinition } from './core/sequence.ts';
export { type OpenOptions, open } from './workers/embedded.ts';
export type {
  AuditReport,
  Explanation,
  NextAnswer,
  NextRequest,
  SeqcastService,
  SequenceDescription,
  Status,
  StreamStatus,
  ValueBlock,
  ValueOwner,
} from './workers/runtime/service/service.ts';
