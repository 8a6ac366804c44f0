/** The package `seqcast-client`: everything an application may import. */
export type { Block } from './block.ts';
export { SeqcastClientError } from './client-error.ts';
export { type ConnectOptions, connect, type SeqcastClient } from './connect.ts';
export type { Caller } from './http-transport.ts';
export { createSequence } from './prefetched-sequence.ts';
export type { Reservation, ReserveOptions } from './reservations.ts';
export type { Sequence, SequenceFigures, SequenceSettings } from './sequence.ts';
export type { BlocksAnswer, FormattedValue, HeldNumbers, Reserving, ReturnedBlock, Transport, ValueBlock } from './transport.ts';
export type { WaitOptions } from './waiting-line.ts';
