/** A line to an engine that a test mutes: what is sent goes through, the answers are lost, and then the connections are. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface MuteLine {
  readonly port: number;
  /** Loses all answers from now on; connections stay. */
  mute(): void;
  /** Drops the connections whose answers were lost; new ones are whole. */
  mend(): void;
}

export async function startMuteLine(toPort: number): Promise<MuteLine> {
  const sockets = new Set<Socket>();
  let isMute = false;
  const server = createServer((near) => {
    const far = connect(toPort, '127.0.0.1');
    near.pipe(far);
    far.on('data', (bytes) => {
      if (!isMute) near.write(bytes);
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    server.close();
    dropAll();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the line has no port');
  return {
    port: address.port,
    mute() {
      isMute = true;
    },
    mend() {
      dropAll();
      isMute = false;
    },
  };
}
