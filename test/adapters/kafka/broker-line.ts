/**
 * A line to a broker that a test ill-treats: it can be cut, and it can swallow the broker's answers while requests still arrive. Its
 * port is known before the broker's, because the broker must be told to advertise it.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface BrokerLine {
  readonly port: number;
  /** Where it leads from now on. */
  leadTo(port: number): void;
  /** Drops all connections and takes no new ones. */
  cut(): void;
  /** Requests go through, answers do not. */
  mute(): void;
  /** As it was; what was muted is dropped, because its answers are out of step. */
  mend(): void;
  close(): void;
}

export async function openBrokerLine(): Promise<BrokerLine> {
  const sockets = new Set<Socket>();
  let target = 0;
  let isMuted = false;
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      if (!isMuted) near.write(bytes);
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const { port } = server.address() as AddressInfo;
  return {
    port,
    leadTo(port) {
      target = port;
    },
    cut() {
      server.close();
      dropAll();
    },
    mute() {
      isMuted = true;
    },
    mend() {
      isMuted = false;
      dropAll();
      if (!server.listening) server.listen(port, '127.0.0.1');
    },
    close() {
      server.close();
      dropAll();
    },
  };
}
