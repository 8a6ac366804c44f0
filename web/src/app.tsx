/** The frame around every view: name, state, where one can go. A change of view is told to screen readers by moving the focus. */
import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Status } from './api/answers.ts';
import { useAsked } from './api/asking.ts';
import { useKeyWanted } from './api/key.ts';
import { useLive } from './live.ts';
import { KeyForm } from './parts/key-form.tsx';
import { usePlace, VIEWS } from './route.ts';
import { MastersView } from './views/masters.tsx';
import { ModelsView } from './views/models.tsx';
import { Overview } from './views/overview.tsx';
import { PoolsView } from './views/pools.tsx';
import { StreamView } from './views/stream.tsx';
import { StreamsView } from './views/streams.tsx';
import { ValuesView } from './views/values.tsx';

const VIEW_OF: Readonly<Record<string, ComponentType>> = {
  overview: Overview,
  streams: StreamsView,
  pools: PoolsView,
  masters: MastersView,
  models: ModelsView,
  values: ValuesView,
};
const STATUS_EVERY_MS = 5_000;

export function App() {
  const { view, rest } = usePlace();
  const isLocked = useKeyWanted();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const View = VIEW_OF[view] ?? Overview;
  const title = rest === '' ? (VIEWS.find(([name]) => name === view)?.[1] ?? '') : rest;
  // The focus follows the address, not what is drawn.
  useEffect(() => {
    document.title = `${title} · seqcast`;
    if (isFirst.current) isFirst.current = false;
    else {
      window.scrollTo(0, 0);
      main.current?.focus();
    }
  }, [view, rest]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <a class="name" href="#/overview" aria-label="seqcast, overview">
          <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
            <path d="M1 13h3V9h4V6h4V2h3" fill="none" stroke="currentColor" stroke-width="2" />
          </svg>
          seqcast
        </a>
        <nav aria-label="Views">
          <ul>
            {VIEWS.map(([name, label]) => (
              <li key={name}>
                <a href={`#/${name}`} aria-current={name === view ? 'page' : undefined}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <State />
      </header>
      <main id="main" ref={main} tabIndex={-1} aria-label={title}>
        {isLocked ? <KeyForm /> : view === 'streams' && rest !== '' ? <StreamView key={rest} stream={rest} /> : <View />}
      </main>
      <footer>
        <a href="docs">HTTP interface</a>
        <a href="v1/status">Status as JSON</a>
        <a href="metrics">Metrics</a>
      </footer>
    </>
  );
}

function State() {
  const { connected } = useLive(1_000);
  const { answer, failure } = useAsked<Status>('status', STATUS_EVERY_MS);
  const state = failure !== undefined ? 'unreachable' : (answer?.state ?? 'asking');
  const isLive = connected && failure === undefined;
  return (
    <p class={`state ${state}`} role="status">
      <span class="lamp" aria-hidden="true" />
      {state}
      {!isLive && state === 'serving' ? ', connecting' : ''}
    </p>
  );
}
