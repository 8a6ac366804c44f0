/** A line between a client and a server that can be held up, and that can lead to another server from some moment on. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** What the server says from now on arrives nowhere. */
  hold(): void;
  /** Drops all connections; new ones lead to that port. */
  leadTo(port: number): void;
  close(): void;
}

export async function startRelay(port: number): Promise<Relay> {
  const pairs = new Map<Socket, Socket>();
  let target = port;
  let isHeld = false;
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    pairs.set(near, far);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        pairs.delete(near);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      if (!isHeld) near.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = (): void => {
    for (const socket of [...pairs].flat()) socket.destroy();
  };
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    hold() {
      isHeld = true;
    },
    leadTo(next) {
      target = next;
      isHeld = false;
      drop();
    },
    close() {
      server.close();
      drop();
    },
  };
}
