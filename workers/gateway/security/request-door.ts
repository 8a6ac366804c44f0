/**
 * Who may ask for values over Kafka. A record says so by a header with an API key, which is judged as over HTTP: by its scope, and its values
 * by its quota. One without a key is let in by Kafka's own users alone, but where keys are asked for aloud (`--require-keys`).
 *
 * The admin key opens nothing here: a record stays in its topic for a day, for whoever may read that.
 */
import { parseToken } from '../../../core/access/api-key.ts';
import { SequenceError } from '../../../core/errors.ts';
import type { RecordHeaders, RouteTable } from '../../../pipelines/ports.ts';
import { checkCount } from '../../runtime/pool/answers.ts';
import { KeyBook } from './key-book.ts';
import { mustAllow } from './narrowed-service.ts';
import type { Principal } from './principal.ts';
import { QuotaBook } from './quota-book.ts';

const KEY_HEADER = 'seqcast-key';

interface RequestDoorOptions {
  readonly routes: RouteTable;
  readonly isKeyNeeded: boolean;
  readonly nowMs: () => number;
  readonly onProblem: (message: string) => void;
}

export class RequestDoor {
  readonly #book: KeyBook;
  readonly #quotas: QuotaBook;
  readonly #isKeyNeeded: boolean;

  constructor({ routes, isKeyNeeded, nowMs, onProblem }: RequestDoorOptions) {
    this.#book = new KeyBook(routes, nowMs, (id) => onProblem(`API key ${id} cannot be read, and opens nothing`));
    // Of its own: what it leased is counted once, here or at the door of HTTP.
    this.#quotas = new QuotaBook(routes, nowMs);
    this.#isKeyNeeded = isKeyNeeded;
  }

  async start(): Promise<void> {
    await this.#book.start();
  }

  /**
   * Throws why the sender may not have the values, or rejects with it. Resolves to what gives them back to the quota, where one counts
   * them; undefined where none does.
   */
  admit(sequence: string, count: number, headers: RecordHeaders | undefined): undefined | Promise<() => void> {
    const principal = this.#principalOf(headers?.[KEY_HEADER]);
    if (principal === undefined || principal.isFree) return undefined;
    mustAllow(principal, 'next', sequence);
    if (principal.quotas.length === 0) return undefined;
    // What is no count would be taken from the quota, or put into it.
    checkCount(count);
    return this.#quotas.take(principal, sequence, count);
  }

  /** Everybody who listens for answers would read the key. */
  passedOn(headers: RecordHeaders | undefined): RecordHeaders | undefined {
    if (headers?.[KEY_HEADER] === undefined) return headers;
    const { [KEY_HEADER]: _, ...others } = headers;
    return others;
  }

  async close(): Promise<void> {
    await this.#quotas.close();
    await this.#book.close();
  }

  #principalOf(text: string | undefined): Principal | undefined {
    if (text === undefined) {
      if (!this.#isKeyNeeded) return undefined;
      throw new SequenceError(
        'SEQ_UNAUTHENTICATED',
        `requests over Kafka need an API key here, in the header ${KEY_HEADER}, and this has none`,
      );
    }
    const proven = this.#book.recognised(`Bearer ${text}`);
    if (proven !== undefined) return proven;
    const token = parseToken(text);
    const principal = token && this.#book.principalOf(token);
    if (principal !== undefined) return principal;
    throw new SequenceError('SEQ_UNAUTHENTICATED', 'the API key is not known: mistyped, revoked, or of another installation');
  }
}
