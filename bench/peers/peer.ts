/** What every generator of the comparison has to be able to do, ours and the others alike. */
import type { Lines } from './lines.ts';

/** As its driver or library gives it; those of one peer are of one kind, and compare by `<`. */
export type Value = bigint | number | string;

/**
 * Only like is held against like. `in process`: values come out of this process's memory, with or without a call now and then. `a call
 * each`: each value is asked of a server. `durable`: what is answered is on a disk, and tied to a row of the application.
 */
export type PeerKind = 'in process' | 'a call each' | 'durable';

/** Servers that a peer needs; each is killed and restarted in the course of the comparison. */
export type Server = 'postgres' | 'redis' | 'mariadb' | 'kafka';

export interface Peer {
  readonly name: string;
  readonly title: string;
  readonly kind: PeerKind;
  readonly isOurs: boolean;
  readonly needs: readonly Server[];
  /** The driver, and what it is asked to do. */
  readonly how: string;
  /** Who loses its stock when the process that calls is killed: nobody where all is on the server. */
  readonly stockIs: 'in the caller' | 'on the server' | 'nowhere';
  /** Makes the counter afresh under that name. */
  prepare(lines: Lines, counter: string): Promise<void>;
  open(lines: Lines, counter: string): PeerSession | Promise<PeerSession>;
  /** Values that nobody will ever get, of a counter that gave out `received`; where left out, the next value says it. */
  burnt?(lines: Lines, counter: string, received: number): Promise<number>;
}

export interface PeerSession {
  /** One value for that caller, of so many that ask at a time. */
  next(caller: number, callers: number): Value | Promise<Value>;
  /** Values set aside and not given out yet, of a counter that gave out `received`. */
  idle(received: number): number | Promise<number>;
  /** A clean end: what can be given back is given back. */
  close(): Promise<void>;
}
