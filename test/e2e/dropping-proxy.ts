/** A TCP proxy before an engine that can lose replies or cut every connection: what a network does at the worst moment. */

import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface DroppingProxy {
  readonly port: number;
  /** Requests still get through, their replies do not. */
  dropReplies(): void;
  /** Cuts every connection, and lets new ones through again. */
  cut(): void;
  pass(): void;
}

export async function startProxy(targetPort: number): Promise<DroppingProxy> {
  let drops = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      if (!drops) client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return {
    port: (server.address() as { port: number }).port,
    dropReplies() {
      drops = true;
    },
    cut,
    pass() {
      drops = false;
    },
  };
}
