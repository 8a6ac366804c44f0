/**
 * The API key that is sent with every question, where the gateway wants one. Kept for as long as the tab is open, and in no other place:
 * whoever sits down at this machine tomorrow is asked again.
 */
import { useEffect, useState } from 'preact/hooks';

const PLACE = 'seqcast.key';
const watchers = new Set<() => void>();
let isWanted = false;

export function keyHeaders(): Record<string, string> {
  const key = sessionStorage.getItem(PLACE);
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** The gateway refused to answer without a key, or with the one it was given. */
export function wantKey(): void {
  if (isWanted) return;
  isWanted = true;
  for (const watcher of watchers) watcher();
}

export function giveKey(key: string): void {
  sessionStorage.setItem(PLACE, key);
  isWanted = false;
  for (const watcher of watchers) watcher();
}

/** Resolves as soon as no key is waited for. */
export function untilAllowed(): Promise<void> {
  if (!isWanted) return Promise.resolve();
  return new Promise((resolve) => {
    const watcher = (): void => {
      if (isWanted) return;
      watchers.delete(watcher);
      resolve();
    };
    watchers.add(watcher);
  });
}

export function useKeyWanted(): boolean {
  const [wanted, setWanted] = useState(isWanted);
  useEffect(() => {
    const watcher = (): void => setWanted(isWanted);
    watchers.add(watcher);
    watcher();
    return () => {
      watchers.delete(watcher);
    };
  }, []);
  return wanted;
}
