/**
 * Requests over one kept connection, several on their way at a time, as a proxy in front of many callers sends them. It comes back by itself
 * whenever somebody listens there again. Bare, because it shares two cores with the server that it asks.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The connection ended before the answer came: whether the request was carried out, nobody knows. */
export class LostAnswer extends Error {}

interface Waiting {
  readonly askedAtMs: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: LostAnswer) => void;
}

const HOST = '127.0.0.1';
const CONNECT_AGAIN_MS = 15;
/** A server waits half a minute at most before it says that it cannot answer; one that says nothing for longer never will. */
const SILENT_MS_MAX = 60_000;
const WATCH_MS = 5_000;
const HEAD_END = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: *(\d+)/i;
/** `HTTP/1.1 200 OK` */
const STATUS_AT = 9;
const STATUS_END = 12;

export class Connection {
  readonly #port: number;
  readonly #watch: NodeJS.Timeout;
  #socket: Socket | undefined;
  #isUp = false;
  #isClosed = false;
  /** Who waits until somebody listens. */
  #wakes: (() => void)[] = [];
  /** In the order in which they were asked, which is that of the answers. */
  #waiting: Waiting[] = [];
  #received = '';
  #toSend: string[] = [];

  constructor(port: number) {
    this.#port = port;
    this.#connect();
    this.#watch = setInterval(() => {
      const first = this.#waiting[0];
      if (first !== undefined && performance.now() - first.askedAtMs > SILENT_MS_MAX) this.#socket?.destroy();
    }, WATCH_MS);
    this.#watch.unref();
  }

  /** Resolves while somebody listens. */
  async up(): Promise<void> {
    while (!this.#isUp) await new Promise<void>((resolve) => this.#wakes.push(resolve));
  }

  /** Sent together with whatever else is asked in this turn. Rejects with `LostAnswer`. */
  post(path: string, body: object, key?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#isUp) {
        reject(new LostAnswer('nobody listens'));
        return;
      }
      const text = JSON.stringify(body);
      const named = key === undefined ? '' : `idempotency-key: ${key}\r\n`;
      const head = `POST ${path} HTTP/1.1\r\nhost: ${HOST}\r\ncontent-type: application/json\r\n${named}content-length: ${text.length}`;
      this.#waiting.push({ askedAtMs: performance.now(), resolve, reject });
      if (this.#toSend.push(`${head}${HEAD_END}${text}`) === 1) setImmediate(() => this.#send());
    });
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#watch);
    this.#socket?.destroy();
  }

  #connect(): void {
    const socket = connect({ port: this.#port, host: HOST, noDelay: true });
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      this.#isUp = true;
      for (const wake of this.#wakes.splice(0)) wake();
    });
    socket.on('data', (chunk) => this.#hear(String(chunk)));
    // What matters comes with the end, in which an error ends as well.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#ended());
  }

  #ended(): void {
    this.#isUp = false;
    this.#received = '';
    this.#toSend = [];
    for (const { reject } of this.#waiting.splice(0)) reject(new LostAnswer('the connection ended'));
    if (!this.#isClosed) setTimeout(() => this.#connect(), CONNECT_AGAIN_MS);
  }

  #send(): void {
    if (this.#toSend.length > 0) this.#socket?.write(this.#toSend.splice(0).join(''), 'latin1');
  }

  #hear(chunk: string): void {
    const text = this.#received + chunk;
    let from = 0;
    for (;;) {
      const headEnd = text.indexOf(HEAD_END, from);
      if (headEnd < 0) break;
      const head = text.slice(from, headEnd);
      const bodyFrom = headEnd + HEAD_END.length;
      const end = bodyFrom + Number(LENGTH.exec(head)?.[1] ?? 0);
      if (text.length < end) break;
      const body = text.slice(bodyFrom, end);
      from = end;
      this.#waiting.shift()?.resolve({ status: Number(head.slice(STATUS_AT, STATUS_END)), body: parsed(body) });
    }
    this.#received = text.slice(from);
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
