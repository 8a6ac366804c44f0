/** One process of an engine that a run may ill-treat: killed, frozen, started again with what it kept. */
import { type ProcessId, signal, stop } from '../../../cli/stack/detached-process.ts';
import type { EngineProcess } from '../../../cli/stack/engine-process.ts';
import { start } from '../../../cli/stack/starting.ts';

/** A database that was killed may find its own remains at first. */
const START_ATTEMPTS = 5;
const START_PAUSE_MS = 500;

export class Engine {
  readonly process: EngineProcess;
  readonly #logDirectory: string;
  #id: ProcessId | undefined;

  constructor(process: EngineProcess, logDirectory: string) {
    this.process = process;
    this.#logDirectory = logDirectory;
  }

  get name(): string {
    return this.process.name;
  }

  get port(): number {
    return this.process.port;
  }

  /** Undefined while it is ended. */
  get pid(): number | undefined {
    return this.#id?.pid;
  }

  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await start(this.process, this.#logDirectory, (id) => {
          this.#id = id;
        });
        return;
      } catch (error) {
        if (attempt === START_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, START_PAUSE_MS));
      }
    }
  }

  /** In good order. */
  async stop(): Promise<void> {
    await this.#end(this.process.stopSignal);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async freeze(): Promise<void> {
    if (this.#id !== undefined) await signal(this.#id, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    if (this.#id !== undefined) await signal(this.#id, 'SIGCONT');
  }

  async #end(how: NodeJS.Signals): Promise<void> {
    if (this.#id === undefined) return;
    const id = this.#id;
    this.#id = undefined;
    // A frozen process cannot hear that it is to end.
    await signal(id, 'SIGCONT');
    await stop(id, how);
  }
}
