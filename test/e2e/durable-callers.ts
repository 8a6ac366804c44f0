/** Callers of `next` of a sequence whose values are durable before they are answered; whoever got no answer asks again, at another gateway. */
import { expect } from 'vitest';

const CALLERS = 4;
const ATTEMPTS_MAX = 40;

interface Answer {
  readonly values: readonly string[];
  readonly retriable?: boolean;
}

export class DurableCallers {
  /** Every value that was answered, and by which request. */
  readonly answered = new Map<string, string>();
  answers = 0;
  askedAgain = 0;
  readonly #gateways: readonly string[];
  readonly #sequence: string;
  #isOver = false;

  constructor(gateways: readonly string[], sequence: string) {
    this.#gateways = gateways;
    this.#sequence = sequence;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => this.#call(caller)));
  }

  end(): void {
    this.#isOver = true;
  }

  async next(request: string, count: number, key?: string): Promise<readonly string[]> {
    const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
    const body = JSON.stringify({ count, clientType: 'web', service: 'shop' });
    for (let attempt = 0; ; attempt++) {
      const gateway = this.#gateways[attempt % this.#gateways.length];
      const response = await fetch(`${gateway}/v1/sequences/${this.#sequence}/next`, { method: 'POST', headers, body });
      const said = (await response.json()) as Answer;
      this.answers++;
      if (response.ok) {
        for (const value of said.values) {
          expect(this.answered.get(value) ?? request, `${value} twice`).toBe(request);
          this.answered.set(value, request);
        }
        return said.values;
      }
      this.askedAgain++;
      if (said.retriable !== true || attempt > ATTEMPTS_MAX) throw new Error(`${request}: ${JSON.stringify(said)}`);
    }
  }

  /** Every second request has a key, and now and then one is made once more. */
  async #call(caller: number): Promise<void> {
    for (let n = 0; !this.#isOver; n++) {
      const request = `${caller}-${n}`;
      const key = n % 2 === 0 ? request : undefined;
      const values = await this.next(request, 1 + (n % 3), key);
      expect(values).toHaveLength(1 + (n % 3));
      if (n % 8 === 0) expect(await this.next(request, 1 + (n % 3), key)).toEqual(values);
    }
  }
}
