/**
 * The way in: values from a seqcast server over HTTP, straight from Redis, or over Kafka, by the scheme of the address. What Redis and
 * Kafka need is loaded only when they are asked for.
 */
import { Client, type Connection, type SeqcastClient } from './client.ts';
import { SeqcastClientError } from './client-error.ts';
import { Announcer, type ClientHooks, Standing } from './client-events.ts';
import { HttpGateways } from './http-gateways.ts';
import { httpTogether } from './http-together.ts';
import { type Caller, HttpTransport } from './http-transport.ts';
import { patiently } from './retry.ts';
import { checkedSettings, type SequenceSettings } from './sequence.ts';

export interface ConnectOptions extends Caller, Partial<SequenceSettings>, ClientHooks {
  /** Sent as `authorization: Bearer`, or with each request over Kafka, where API keys are asked for. */
  readonly apiKey?: string;
  /** Sent with every request, for a proxy in front of the server. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Resolves once a server answers at the address, within `timeoutMs`.
 *
 * - `http://`, `https://`: a gateway, or a list of them, of which the next one is asked where one does not answer;
 * - `redis://`, `rediss://`: the Redis that holds the route table; needs the package `ioredis`;
 * - `kafka://host:port,host:port`: brokers; needs the package `kafkajs`.
 */
export async function connect(address: string | URL | readonly (string | URL)[], options: ConnectOptions = {}): Promise<SeqcastClient> {
  const addresses = (Array.isArray(address) ? address : [address]) as readonly (string | URL)[];
  if (addresses.length === 0) throw new SeqcastClientError('SEQ_INVALID_REQUEST', 'there is no address to connect to');
  const scheme = /^(redis|rediss|kafka):\/\//.exec(String(addresses[0]))?.[1];
  if (scheme === undefined) return connectHttp(addresses, options);
  const { apiKey, headers, ...rest } = options;
  const isOverKafka = scheme === 'kafka';
  if (addresses.length > 1 || (apiKey !== undefined && !isOverKafka) || headers !== undefined) {
    throw new SeqcastClientError('SEQ_UNSUPPORTED', `over ${scheme} there is one address, no headers, and over Redis no API key`, {
      whatToDo: 'Put user and password into the address, or connect over HTTP.',
    });
  }
  const only = String(addresses[0]);
  if (!isOverKafka) return (await import('./redis.ts')).connectRedis({ ...rest, address: only });
  const brokers = only.slice('kafka://'.length).replace(/\/$/, '').split(',');
  return (await import('./kafka.ts')).connectKafka({ ...rest, ...(apiKey !== undefined && { apiKey }), kafka: { brokers } });
}

async function connectHttp(addresses: readonly (string | URL)[], options: ConnectOptions): Promise<SeqcastClient> {
  const { headers = {}, apiKey, clientId, clientType, service, onEvent, onRequest, ...given } = options;
  const settings = checkedSettings(given);
  const { timeoutMs, firstPauseMs } = settings;
  const hooks: ClientHooks = { ...(onEvent && { onEvent }), ...(onRequest && { onRequest }) };
  const standing = new Standing(new Announcer(hooks));
  const gateways = await HttpGateways.at(addresses.map(parsedAddress), { ...headers, ...authorization(apiKey) }, standing);
  // A server that is not ready yet is there too, and the first call waits for it.
  const hello = () => gateways.exchange({ method: 'GET', path: '/livez', timeoutMs, mayRepeat: true });
  try {
    await patiently(hello, { deadlineMs: performance.now() + timeoutMs, firstPauseMs, signal: NEVER });
  } catch (error) {
    gateways.close();
    throw error;
  }
  const caller = { ...(clientId && { clientId }), ...(clientType && { clientType }), ...(service && { service }) };
  const connection: Connection = {
    transport: (sequence) => new HttpTransport(gateways, sequence, caller, timeoutMs),
    together: httpTogether(gateways, caller, timeoutMs),
    close: () => gateways.close(),
  };
  return new Client(connection, { ...settings, ...hooks });
}

const NEVER = new AbortController().signal;

/** Refused here, because the error of `node:http` for such a header would repeat the key. */
function authorization(apiKey: string | undefined): Readonly<Record<string, string>> {
  if (apiKey === undefined) return {};
  if (/^[\x21-\x7e]+$/.test(apiKey)) return { authorization: `Bearer ${apiKey}` };
  throw new SeqcastClientError('SEQ_INVALID_REQUEST', 'the API key is empty, or has characters that no key has', {
    whatToDo: 'Give the line that `seqcast keys create` showed.',
  });
}

function parsedAddress(address: string | URL): URL {
  const url = URL.canParse(String(address)) ? new URL(address) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new SeqcastClientError('SEQ_INVALID_REQUEST', `${String(address)} is not an address of HTTP, Redis or Kafka`, {
    whatToDo: 'Give an address such as http://127.0.0.1:7070, redis://127.0.0.1:6379 or kafka://127.0.0.1:9092.',
  });
}
