/**
 * What an application may hear of its client: rare events that an operator would want to know of, and each request for counters and
 * histograms. Both hooks are optional and cost nothing where they are left out.
 */
import { codeOf } from './client-error.ts';

export type ClientEvent =
  /** Callers waited longer than `STALL_MS`: for an allocation, or for a server that did not answer. Told when the first of them stops. */
  | { readonly kind: 'stall'; readonly sequence: string; readonly callers: number; readonly waitedMs: number }
  /** A server answers again after `awayMs` in which none did; with several gateways it may be another one than before. */
  | { readonly kind: 'reconnected'; readonly endpoint: string; readonly awayMs: number }
  /** Not even one more value is left of the sequence. Told once, until values come again. */
  | { readonly kind: 'exhausted'; readonly sequence: string };

/** One request that left this process and came back, or did not. */
export interface ClientRequest {
  readonly sequence: string;
  readonly action: 'next' | 'nextFormatted' | 'giveBack' | 'reserve' | 'confirm' | 'cancel';
  /** Values that were asked for, or blocks that were given back. */
  readonly count: number;
  readonly tookMs: number;
  /** Why it failed; undefined where it did not. */
  readonly code: string | undefined;
}

export interface ClientHooks {
  readonly onEvent?: (event: ClientEvent) => void;
  readonly onRequest?: (request: ClientRequest) => void;
}

/** Longer than a healthy round trip; who waits longer waits for something. */
export const STALL_MS = 100;

/** Calls the hooks, and keeps what they throw away from whoever waits for values. */
export class Announcer {
  readonly #hooks: ClientHooks;

  constructor(hooks: ClientHooks = {}) {
    this.#hooks = hooks;
  }

  get hearsRequests(): boolean {
    return this.#hooks.onRequest !== undefined;
  }

  event(event: ClientEvent): void {
    guarded(this.#hooks.onEvent, event);
  }

  /** Passes the outcome on, and tells how long it took to come. */
  async request<T>(about: Pick<ClientRequest, 'sequence' | 'action' | 'count'>, outcome: Promise<T>): Promise<T> {
    const startMs = performance.now();
    const tell = (code: string | undefined): void => {
      guarded(this.#hooks.onRequest, { ...about, tookMs: performance.now() - startMs, code });
    };
    try {
      const result = await outcome;
      tell(undefined);
      return result;
    } catch (error) {
      const code = codeOf(error);
      tell(typeof code === 'string' ? code : 'SEQ_INTERNAL');
      throw error;
    }
  }
}

/** Notices that a server that was away answers again. */
export class Standing {
  readonly #announcer: Announcer;
  #awaySinceMs: number | undefined;

  constructor(announcer: Announcer) {
    this.#announcer = announcer;
  }

  failed(): void {
    this.#awaySinceMs ??= performance.now();
  }

  answered(endpoint: string): void {
    if (this.#awaySinceMs === undefined) return;
    const awayMs = performance.now() - this.#awaySinceMs;
    this.#awaySinceMs = undefined;
    this.#announcer.event({ kind: 'reconnected', endpoint, awayMs });
  }
}

function guarded<T>(hook: ((about: T) => void) | undefined, about: T): void {
  try {
    hook?.(about);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error), 'SeqcastHookWarning');
  }
}
