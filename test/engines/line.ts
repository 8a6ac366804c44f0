/**
 * A line to an engine that a test cuts, mutes and mends: a relay of TCP connections that does to them what networks do at the worst
 * moment.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Line {
  readonly port: number;
  /** Drops every connection and takes no new ones. */
  cut(): void;
  /** What is sent goes through from now on, and the answers are lost; connections stay. */
  mute(): void;
  /** New connections are whole; those whose answers were lost are dropped. */
  mend(): void;
}

export async function startLine(toPort: number): Promise<Line> {
  const sockets = new Set<Socket>();
  let state: 'whole' | 'cut' | 'mute' = 'whole';
  const server = createServer((near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(toPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      if (state !== 'mute') near.write(bytes);
    });
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
    cut() {
      state = 'cut';
      dropAll();
    },
    mute() {
      state = 'mute';
    },
    mend() {
      if (state === 'mute') dropAll();
      state = 'whole';
    },
  };
}
