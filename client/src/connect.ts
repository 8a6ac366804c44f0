/** The way in: a connection to a seqcast server, and the sequences that an application takes from it. */
import { closedError, SeqcastClientError } from './client-error.ts';
import { HttpServer } from './http-exchange.ts';
import { type Caller, HttpTransport } from './http-transport.ts';
import { createSequence } from './prefetched-sequence.ts';
import { patiently } from './retry.ts';
import { checkedSettings, type Sequence, type SequenceSettings } from './sequence.ts';

export interface ConnectOptions extends Caller, Partial<SequenceSettings> {
  /** Sent as `authorization: Bearer`, to a server that asks for API keys. */
  readonly apiKey?: string;
  /** Sent with every request, for a proxy in front of the server. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SeqcastClient {
  /** The same object for the same name, so that all of an application shares the blocks in hand. */
  sequence(name: string): Sequence;
  /** Closes every sequence, which gives unused values back, then the connections. Never fails. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Resolves once a server answers at the address, within `timeoutMs`. */
export async function connect(address: string | URL, options: ConnectOptions = {}): Promise<SeqcastClient> {
  const { headers = {}, apiKey, clientId, clientType, service, ...given } = options;
  const settings = checkedSettings(given);
  const { timeoutMs, firstPauseMs } = settings;
  const server = new HttpServer(parsedAddress(address), { ...headers, ...authorization(apiKey) });
  // A server that is not ready yet is there too, and the first call waits for it.
  const hello = () => server.exchange({ method: 'GET', path: '/livez', timeoutMs, mayRepeat: true });
  try {
    await patiently(hello, { deadlineMs: performance.now() + timeoutMs, firstPauseMs, signal: NEVER });
  } catch (error) {
    server.close();
    throw error;
  }
  const caller = { ...(clientId && { clientId }), ...(clientType && { clientType }), ...(service && { service }) };
  return new HttpClient(server, caller, settings);
}

class HttpClient implements SeqcastClient {
  readonly #server: HttpServer;
  readonly #caller: Caller;
  readonly #settings: SequenceSettings;
  readonly #sequences = new Map<string, Sequence>();
  #ended: Promise<void> | undefined;

  constructor(server: HttpServer, caller: Caller, settings: SequenceSettings) {
    this.#server = server;
    this.#caller = caller;
    this.#settings = settings;
  }

  sequence(name: string): Sequence {
    if (this.#ended !== undefined) throw closedError('the client');
    const known = this.#sequences.get(name);
    if (known !== undefined && !known.isClosed) return known;
    const transport = new HttpTransport(this.#server, name, this.#caller, this.#settings.timeoutMs);
    const sequence = createSequence(transport, name, this.#settings);
    this.#sequences.set(name, sequence);
    return sequence;
  }

  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#sequences.values()].map((sequence) => sequence.close()));
    this.#server.close();
  }
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
  throw new SeqcastClientError('SEQ_INVALID_REQUEST', `${String(address)} is not an http or https address`, {
    whatToDo: 'Give an address such as http://127.0.0.1:7070.',
  });
}
