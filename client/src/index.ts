/** The package `seqcast-client`: everything an application may import. */
export type { Block } from './block.ts';
export type { SeqcastClient, Sequences } from './client.ts';
export { SeqcastClientError } from './client-error.ts';
export type { ClientEvent, ClientHooks, ClientRequest } from './client-events.ts';
export { type ConnectOptions, connect } from './connect.ts';
export type { Caller } from './http-transport.ts';
export { createSequence } from './prefetched-sequence.ts';
export type { Reservation, ReserveOptions } from './reservations.ts';
export type { Sequence, SequenceFigures, SequenceSettings } from './sequence.ts';
export { type TakeOutcome, type TakeRequest, takeEach } from './taking-each.ts';
export type { BlocksAnswer, FormattedValue, HeldNumbers, NextWish, Reserving, ReturnedBlock, Transport, ValueBlock } from './transport.ts';
export type { WaitOptions } from './waiting-line.ts';
