/** Callers of `next` of a sequence whose values are durable before they are answered; whoever got no answer asks again, at another gateway. */
import { expect } from 'vitest';
import { GatewayCallers } from './gateway-callers.ts';

const CALLERS = 4;
const ATTEMPTS_MAX = 40;

export class DurableCallers extends GatewayCallers {
  /** Every value that was answered, and by which request. */
  readonly answered = new Map<string, string>();

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => this.#call(caller)));
  }

  async next(request: string, count: number, key?: string): Promise<readonly string[]> {
    const body = { count, clientType: 'web', service: 'shop' };
    const how = { key, attempts: ATTEMPTS_MAX };
    const { values } = await this.insist<{ readonly values: readonly string[] }>(`/v1/sequences/${this.sequence}/next`, body, how);
    for (const value of values) {
      expect(this.answered.get(value) ?? request, `${value} twice`).toBe(request);
      this.answered.set(value, request);
    }
    return values;
  }

  /** Every second request has a key, and now and then one is made once more. */
  async #call(caller: number): Promise<void> {
    for (let n = 0; !this.isOver; n++) {
      const request = `${caller}-${n}`;
      const key = n % 2 === 0 ? request : undefined;
      const values = await this.next(request, 1 + (n % 3), key);
      expect(values).toHaveLength(1 + (n % 3));
      if (n % 8 === 0) expect(await this.next(request, 1 + (n % 3), key)).toEqual(values);
    }
  }
}
