/**
 * Connections of kafkajs whose sockets are known, so that they end when they are told to: kafkajs waits for brokers that say nothing, and
 * goes on with attempts that it began.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type * as Kafkajs from 'kafkajs';
import { begunAnywhere } from './kafka-brokers.ts';

export interface KafkaConnections {
  readonly kafka: Kafkajs.Kafka;
  /** Ends every connection at once; what waits for an answer fails. */
  destroy(): void;
}

const KEEP_ALIVE_MS = 60_000;

/** `kafkajs` is the package as the application has it; a socket factory in `config` is used. */
export function kafkaConnections(
  { Kafka, logLevel }: Pick<typeof Kafkajs, 'Kafka' | 'logLevel'>,
  config: Kafkajs.KafkaConfig,
): KafkaConnections {
  const { socketFactory = plainSocket } = config;
  const sockets = new Set<Socket>();
  let isDestroyed = false;
  const giveUp = (socket: Socket): void => {
    // The error is what makes kafkajs reject the requests in flight, and log it. It has none where it has said goodbye itself.
    socket.destroy(socket.writableEnded ? undefined : new Error('the connection was given up'));
  };
  const known: Kafkajs.ISocketFactory = (asked) => {
    const socket = socketFactory(asked);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // kafkajs listens for errors after it got the socket.
    if (isDestroyed) setImmediate(giveUp, socket);
    return socket;
  };
  const brokers = begunAnywhere(config.brokers);
  return {
    kafka: new Kafka({ logLevel: logLevel.ERROR, ...config, brokers, socketFactory: known }),
    destroy() {
      isDestroyed = true;
      for (const socket of sockets) giveUp(socket);
    },
  };
}

/** As kafkajs makes them where it is told nothing. */
const plainSocket: Kafkajs.ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = ssl ? connectTls({ host, port, ...servername, ...ssl }, onConnect) : connectTcp({ host, port }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
};
