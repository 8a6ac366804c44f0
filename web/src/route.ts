/** Which view is shown: what stands behind the `#`, so that every view has an address. */
import { useEffect, useState } from 'preact/hooks';

export interface Place {
  readonly view: string;
  /** Of a stream: its id. */
  readonly rest: string;
}

export const VIEWS = [
  ['overview', 'Overview'],
  ['streams', 'Streams'],
  ['pools', 'Pools'],
  ['masters', 'Masters'],
  ['models', 'Models'],
  ['values', 'Value space'],
] as const;

export function streamAddress(stream: string): string {
  return `#/streams/${stream.split('/').map(encodeURIComponent).join('/')}`;
}

function placeOf(hash: string): Place {
  const [view = '', ...rest] = hash.replace(/^#\/?/, '').split('/');
  return { view: VIEWS.some(([name]) => name === view) ? view : 'overview', rest: rest.map(decoded).join('/') };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const changed = (): void => setPlace(placeOf(location.hash));
    window.addEventListener('hashchange', changed);
    // Effects run after the first paint, which a busy machine delays: the address may have changed by then, and none told us.
    changed();
    return () => window.removeEventListener('hashchange', changed);
  }, []);
  return place;
}
