/** Connections of kafkajs that are given up: those in use say so, which ends what waits for them; those that were left do not. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ISocketFactory, Kafka } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { kafkaConnections } from '../../client/src/kafka-connections.ts';

/** Connections, and a socket of theirs as kafkajs would get it. */
async function connected() {
  // Answers nothing, and does not hang up.
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  let factory: ISocketFactory | undefined;
  class Taking {
    constructor({ socketFactory }: { readonly socketFactory: ISocketFactory }) {
      factory = socketFactory;
    }
  }
  const logLevel = { ERROR: 1 } as typeof import('kafkajs').logLevel;
  const { port } = server.address() as AddressInfo;
  const connections = kafkaConnections({ Kafka: Taking as unknown as typeof Kafka, logLevel }, { brokers: [`127.0.0.1:${port}`] });
  const socket = factory?.({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => undefined }) as Socket;
  await once(socket, 'connect');
  return { connections, socket };
}

test('a connection in use ends with an error, which rejects what waits for an answer', async () => {
  const { connections, socket } = await connected();
  const failed = once(socket, 'error');
  connections.destroy();
  expect(await failed).toMatchObject([{ message: 'the connection was given up' }]);
  expect(socket.destroyed).toBe(true);
});

test('a connection that kafkajs has left ends without one, so that closing a client logs nothing', async () => {
  const { connections, socket } = await connected();
  let failures = 0;
  socket.on('error', () => failures++);
  socket.end();
  connections.destroy();
  await once(socket, 'close');
  expect(failures).toBe(0);
});
