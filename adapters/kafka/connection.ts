/**
 * One connection to the cluster, at the level below kafkajs's producer and consumer.
 *
 * Why below: its consumer cannot be told which partitions to read (there is no `assign`), joins a group for every reader, and begins
 * anew when it crashes; its producer copies a batch once for each of its records and hides which request failed. What both stand on is
 * public: the cluster, which kafkajs hands to whoever makes a partition assigner, and its brokers with `fetch` and `produce`.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Cluster, Kafka, logLevel } from 'kafkajs';
import { type KafkaAddress, securityOptions } from './address.ts';
import { mendIdleTimers } from './timer-patch.ts';

/** Longer than any healthy handshake, shorter than an operator's patience. */
const CONNECT_TIMEOUT_MS = 3_000;
/** Longer than a broker may take to answer anything but a long poll, which has its own. */
const REQUEST_TIMEOUT_MS = 6_000;
const KEEP_ALIVE_MS = 10_000;
/** Within one attempt: the other brokers of the list, a coordinator or a leader that is just being chosen. */
const RETRY = { initialRetryTime: 30, maxRetryTime: 200, factor: 0.2, multiplier: 2 };
const RETRIES_MIN = 4;

export interface Client {
  readonly kafka: Kafka;
  /** Ends every connection at once; what waits for an answer fails. */
  destroy(): void;
}

export interface Connection {
  readonly cluster: Cluster;
  destroy(): void;
}

/**
 * A kafkajs client whose sockets are known, so that they can be ended without waiting for a broker that says nothing. It is silent:
 * whatever fails reaches a caller or the health record, and its own log repeats that with every attempt.
 */
export function createClient(address: KafkaAddress): Client {
  mendIdleTimers();
  const sockets = new Set<Socket>();
  let isDestroyed = false;
  const giveUp = (socket: Socket): void => {
    // The error is what makes kafkajs reject the requests in flight.
    socket.destroy(new Error('the connection was given up'));
  };
  const kafka = new Kafka({
    brokers: inTurn(address.brokers),
    clientId: address.clientId,
    ...securityOptions(address),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    authenticationTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { ...RETRY, retries: Math.max(RETRIES_MIN, address.brokers.length) },
    logLevel: logLevel.NOTHING,
    socketFactory({ host, port, ssl, onConnect }) {
      const servername = isIP(host) === 0 ? { servername: host } : {};
      const socket = ssl ? connectTls({ host, port, ...servername, ...ssl }, onConnect) : connectTcp({ host, port }, onConnect);
      // A request is one small write: it must not wait until the former is acknowledged.
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // kafkajs goes on with attempts that it began.
      if (isDestroyed) setImmediate(giveUp, socket);
      return socket;
    },
  });
  return {
    kafka,
    destroy() {
      isDestroyed = true;
      for (const socket of sockets) giveUp(socket);
    },
  };
}

let turn = 0;

/**
 * Each client begins with another broker. kafkajs asks the first of the list first, and leaves it only where nothing listens there: it stays with
 * one that accepts connections and then hangs up, while the others are well.
 */
function inTurn(brokers: readonly string[]): string[] {
  const first = turn++ % brokers.length;
  return [...brokers.slice(first), ...brokers.slice(0, first)];
}

/** Connects and learns the brokers that lead `topics`; of topics that are gone nothing is known then. */
export async function openConnection(address: KafkaAddress, topics: readonly string[]): Promise<Connection> {
  const client = createClient(address);
  try {
    const cluster = clusterOf(client.kafka);
    await cluster.connect();
    await aim(cluster, topics);
    return { cluster, destroy: client.destroy };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

function clusterOf(kafka: Kafka): Cluster {
  let given: Cluster | undefined;
  kafka.consumer({
    groupId: 'never-joined',
    allowAutoTopicCreation: false,
    readUncommitted: true,
    partitionAssigners: [
      ({ cluster }) => {
        given = cluster;
        return { name: 'none', version: 0, assign: async () => [], protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }) };
      },
    ],
  });
  if (given === undefined) throw new Error('kafkajs gave no cluster to the assigner');
  return given;
}

async function aim(cluster: Cluster, topics: readonly string[]): Promise<void> {
  try {
    await cluster.addMultipleTargetTopics([...topics]);
  } catch (error) {
    if ((error as { type?: unknown }).type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    // One that was deleted must not hide the others.
    for (const topic of topics) await cluster.addTargetTopic(topic).catch(() => undefined);
  }
}
