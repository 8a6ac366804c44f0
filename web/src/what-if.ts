/**
 * What the last day of a stream would have been under another cost ratio: asked for as the slider comes to rest, and given up as soon as it
 * moves on. The gateway replays one day at a time, so that of another viewer is waited for.
 */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { WhatIf } from './api/answers.ts';
import { ask, Refusal, streamPath } from './api/asking.ts';

/** Somebody who holds an arrow key, or goes on at once, asks once. */
const REST_MS = 300;
const TOO_MANY = 429;
const AGAIN_MS = 1_000;
const TRIES_MAX = 15;

interface Asked {
  readonly answer: WhatIf | undefined;
  readonly failure: string | undefined;
  readonly isAsking: boolean;
}

export function useWhatIf(stream: string): Asked & { readonly askFor: (costRatio: number) => void } {
  const [asked, setAsked] = useState<Asked>({ answer: undefined, failure: undefined, isAsking: false });
  const asking = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => asking.current?.abort(), []);
  const askFor = useCallback(
    (costRatio: number) => {
      asking.current?.abort();
      const controller = new AbortController();
      const { signal } = controller;
      asking.current = controller;
      setAsked((before) => ({ ...before, failure: undefined, isAsking: true }));
      const answered = async (): Promise<Partial<Asked>> => {
        await pause(REST_MS, signal);
        return { answer: await patiently(`${streamPath(stream, 'what-if')}?costRatio=${costRatio}`, signal) };
      };
      void answered()
        .catch((error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }))
        .then((now) => {
          if (!signal.aborted) setAsked((before) => ({ ...before, ...now, isAsking: false }));
        });
    },
    [stream],
  );
  return { ...asked, askFor };
}

async function patiently(path: string, signal: AbortSignal): Promise<WhatIf> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask<WhatIf>(path, { signal });
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== TOO_MANY || tries >= TRIES_MAX) throw error;
    }
    await pause(AGAIN_MS, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
