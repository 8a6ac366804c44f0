/** Asks the gateway that served the page: by relative paths, so that it works under any address. */
import { useEffect, useState } from 'preact/hooks';
import { keyHeaders, wantKey } from './key.ts';

const UNAUTHENTICATED = 401;

/** The gateway said no, and why. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

interface Asking {
  readonly method?: 'GET' | 'POST';
  readonly signal?: AbortSignal;
}

export async function ask<T>(path: string, { method = 'GET', signal }: Asking = {}): Promise<T> {
  const answer = await fetch(`v1/${path}`, { method, headers: keyHeaders(), cache: 'no-store', ...(signal !== undefined && { signal }) });
  const body = (await answer.json()) as T & { readonly detail?: string };
  if (answer.status === UNAUTHENTICATED) wantKey();
  if (!answer.ok) throw new Refusal(answer.status, body.detail ?? `${path}: ${answer.status}`);
  return body;
}

export interface Asked<T> {
  readonly answer: T | undefined;
  /** Why the last question had no answer; the one before is kept. */
  readonly failure: string | undefined;
}

/** Asks at once and again every so many milliseconds, while the page is looked at. */
export function useAsked<T>(path: string, everyMs: number): Asked<T> {
  const [asked, setAsked] = useState<Asked<T> & { readonly path: string }>({ path, answer: undefined, failure: undefined });
  useEffect(() => {
    let ended = false;
    let timer: number | undefined;
    const look = async (): Promise<void> => {
      try {
        const answer = document.hidden ? undefined : await ask<T>(path);
        if (!ended && answer !== undefined) setAsked({ path, answer, failure: undefined });
      } catch (error) {
        const failure = error instanceof Error ? error.message : String(error);
        if (!ended) setAsked((before) => ({ path, answer: before.path === path ? before.answer : undefined, failure }));
      }
      if (!ended) timer = window.setTimeout(() => void look(), everyMs);
    };
    void look();
    return () => {
      ended = true;
      window.clearTimeout(timer);
    };
  }, [path, everyMs]);
  // What was answered to another question is no answer to this one.
  return asked.path === path ? asked : { answer: undefined, failure: undefined };
}

export function streamPath(stream: string, what: 'past' | 'explain' | 'what-if'): string {
  return `streams/${stream.split('/').map(encodeURIComponent).join('/')}/${what}`;
}
