/**
 * One or several gateways behind one name: requests go to one of them until it does not answer or says that it is not ready, then to the
 * next one. Any of them takes any request; which values a caller gets does not depend on it.
 */
import { codeOf, SeqcastClientError } from './client-error.ts';
import type { Standing } from './client-events.ts';
import { type Exchange, HttpServer, type Reply } from './http-exchange.ts';

/** Answers of a gateway that starts or drains, and of a proxy in front of one that is not there. */
const ELSEWHERE_STATUSES: readonly number[] = [502, 503, 504];
/** Connections that never came to be: the request has not been sent. */
const NEVER_SENT: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

export class HttpGateways {
  readonly #servers: readonly HttpServer[];
  readonly #standing: Standing;
  #current = 0;

  private constructor(servers: readonly HttpServer[], standing: Standing) {
    this.#servers = servers;
    this.#standing = standing;
  }

  static async at(urls: readonly URL[], headers: Readonly<Record<string, string>>, standing: Standing): Promise<HttpGateways> {
    return new HttpGateways(await Promise.all(urls.map((url) => HttpServer.of(url, headers))), standing);
  }

  /** Asks each gateway at most once. The last one's failure is the caller's. */
  async exchange(exchange: Exchange): Promise<Reply> {
    const { length } = this.#servers;
    // A gateway that hangs must leave time for the others.
    const timeoutMs = exchange.timeoutMs / length;
    for (let tries = 1; ; tries += 1) {
      const at = this.#current;
      const server = this.#servers[at] as HttpServer;
      const isLast = tries === length;
      try {
        const reply = await server.exchange({ ...exchange, timeoutMs });
        if (!isForAnother(reply)) {
          this.#standing.answered(server.origin);
          return reply;
        }
        this.#turnFrom(at);
        if (isLast) return reply;
      } catch (error) {
        this.#turnFrom(at);
        if (isLast || !(exchange.mayRepeat || wasNeverSent(error))) throw error;
      }
    }
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }

  /** Requests that failed together turn once. */
  #turnFrom(at: number): void {
    this.#standing.failed();
    if (this.#current === at) this.#current = (at + 1) % this.#servers.length;
  }
}

function isForAnother({ status, body }: Reply): boolean {
  if (!ELSEWHERE_STATUSES.includes(status)) return false;
  const code = codeOf(body);
  return typeof code !== 'string' || code === 'SEQ_NOT_READY';
}

function wasNeverSent(error: unknown): boolean {
  return error instanceof SeqcastClientError && NEVER_SENT.includes(codeOf(error.cause));
}
