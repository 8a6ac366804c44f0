/** Callers that wait in a pool for stock: first come, first served, per stream. */
export interface WaitingCaller {
  readonly count: number;
  readonly numbered: boolean;
}

export class WaitingCallers {
  readonly #byStream = new Map<string, WaitingCaller[]>();

  /** Streams that were ever asked for here. */
  streams(): IterableIterator<string> {
    return this.#byStream.keys();
  }

  /** Makes the stream known here, so that stock is ordered for it. */
  expect(stream: string): WaitingCaller[] {
    let callers = this.#byStream.get(stream);
    if (callers === undefined) {
      callers = [];
      this.#byStream.set(stream, callers);
    }
    return callers;
  }

  wait(stream: string, caller: WaitingCaller): void {
    this.expect(stream).push(caller);
  }

  /** Serves from the front until one cannot be. */
  serve(stream: string, answer: (caller: WaitingCaller) => boolean): void {
    const callers = this.#byStream.get(stream);
    while (callers?.[0] !== undefined && answer(callers[0])) callers.shift();
  }

  values(stream: string): number {
    return this.#byStream.get(stream)?.reduce((sum, caller) => sum + caller.count, 0) ?? 0;
  }

  /** Sends everybody of a stream away; its stock is still ordered for. */
  reject(stream: string): WaitingCaller[] {
    return this.#byStream.get(stream)?.splice(0) ?? [];
  }

  /** The stream is served elsewhere: nothing is ordered for it here any more. */
  leave(stream: string): WaitingCaller[] {
    const callers = this.#byStream.get(stream) ?? [];
    this.#byStream.delete(stream);
    return callers;
  }

  clear(): void {
    this.#byStream.clear();
  }
}
