/**
 * A line to an engine, as networks are at their worst: it can be cut, lose the answers, swallow everything while connections look whole,
 * and lead somewhere else from one moment to the next.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** `mute`: questions arrive and answers are lost. `hole`: nothing arrives on either side, and nobody is told. */
export type LineState = 'whole' | 'cut' | 'mute' | 'hole';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** Was open while bytes were lost: what it carries from now on makes no sense any more. */
  isDead: boolean;
}

const LOOPBACK = '127.0.0.1';

export class Line {
  readonly port: number;
  #toPort: number;
  #state: LineState = 'whole';
  readonly #pairs = new Set<Pair>();
  readonly #server: Server;

  private constructor(port: number, toPort: number) {
    this.port = port;
    this.#toPort = toPort;
    this.#server = createServer((near) => this.#connected(near));
  }

  static async open(port: number, toPort: number): Promise<Line> {
    const line = new Line(port, toPort);
    line.#server.listen(port, LOOPBACK);
    await once(line.#server, 'listening');
    return line;
  }

  get leadsTo(): number {
    return this.#toPort;
  }

  disturb(state: Exclude<LineState, 'whole'>): void {
    this.#state = state;
    if (state === 'cut') this.#drop(() => true);
    else for (const pair of this.#pairs) pair.isDead = true;
  }

  /** New connections are whole. Those that lost bytes are dropped, or stay half open: silent until their owners give them up. */
  mend({ leavesHalfOpen = false } = {}): void {
    this.#state = 'whole';
    if (!leavesHalfOpen) this.#drop(({ isDead }) => isDead);
  }

  /** Leads elsewhere from now on. With `keepsOld` those who are connected stay where they are. */
  leadTo(port: number, { keepsOld = false } = {}): void {
    this.#toPort = port;
    if (!keepsOld) this.#drop(() => true);
  }

  close(): void {
    this.#server.close();
    this.#drop(() => true);
  }

  #connected(near: Socket): void {
    if (this.#state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(this.#toPort, LOOPBACK);
    const pair: Pair = { near, far, isDead: this.#state === 'hole' || this.#state === 'mute' };
    this.#pairs.add(pair);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (bytes) => {
      const isLost = this.#state === 'hole' || (pair.isDead && this.#state === 'whole');
      if (!isLost && !far.write(bytes)) pause(near, far);
    });
    far.on('data', (bytes) => {
      const isLost = this.#state !== 'whole' || pair.isDead;
      if (!isLost && !near.write(bytes)) pause(far, near);
    });
  }

  #drop(isMeant: (pair: Pair) => boolean): void {
    for (const pair of this.#pairs) {
      if (!isMeant(pair)) continue;
      pair.near.destroy();
      pair.far.destroy();
    }
  }
}

/** Whoever reads slowly is not sent more than he takes. */
function pause(from: Socket, to: Socket): void {
  from.pause();
  to.once('drain', () => from.resume());
}
