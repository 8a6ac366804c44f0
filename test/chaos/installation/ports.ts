/** Ports that nobody else of this run has. */
import { freePort } from '../../../cli/stack/ports.ts';

export class Ports {
  readonly #taken = new Set<number>();

  async next(): Promise<number> {
    const port = await freePort(this.#taken);
    this.#taken.add(port);
    return port;
  }
}
