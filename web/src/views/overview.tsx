/** All on one screen: how much is asked for, what waits, what is wrong, how values flow, and what happened last. */
import type { Pool, Status } from '../api/answers.ts';
import { useAsked } from '../api/asking.ts';
import { type Happening, useLive } from '../live.ts';
import { Figure, Figures } from '../parts/figures.tsx';
import { streamAddress } from '../route.ts';
import { brief, clock, many, short, span, subject, told, whole } from '../words.ts';
import { Flow } from './flow.tsx';

const ASKED_EVERY_MS = 5_000;
const EVENTS_SHOWN = 12;
const BUSIEST_SHOWN = 8;
/** Where a stall rate begins to be worth looking at: ten times what a sequence promises when nothing else is said. */
const STALLS_PPM_MUCH = 100;

export function Overview() {
  const live = useLive(1_000);
  const { answer: status } = useAsked<Status>('status', ASKED_EVERY_MS);
  const { answer: pools } = useAsked<{ pools: Pool[] }>('pools', ASKED_EVERY_MS);
  const { totals } = live;
  const { valuesPerSecond, requestsPerSecond, stallsPpm } = live.rates();
  return (
    <>
      <h1>Overview</h1>
      <Figures label="Totals">
        <Figure
          name="Values"
          value={short(valuesPerSecond)}
          unit="/s"
          trace={live.valueRates()}
          note={`${brief(totals?.issued ?? 0)} given out`}
        />
        <Figure name="Requests" value={short(requestsPerSecond)} unit="/s" note={`${brief(totals?.requests ?? 0)} since the start`} />
        <Figure
          name="Stalls"
          value={short(stallsPpm)}
          unit="ppm"
          tone={stallsPpm > STALLS_PPM_MUCH ? 'warn' : undefined}
          note={`${many(totals?.stalls ?? 0, 'request')} waited`}
        />
        <Figure name="In stock" value={brief(totals?.stock ?? 0)} note="values in pools" />
        <Figure name="Streams" value={whole(totals?.streams ?? live.streams.size)} note={many(status?.sequences ?? 0, 'sequence')} />
      </Figures>
      <Alarms status={status} pools={pools?.pools ?? []} />
      <Flow live={live} pools={pools?.pools ?? []} />
      <div class="columns">
        <Busiest />
        <Newest events={live.happenings} />
      </div>
      {status !== undefined && (
        <p class="process">
          seqcast {status.version}, up for {span(status.nowMs - status.startedAtMs)}
        </p>
      )}
    </>
  );
}

function Alarms({ status, pools }: { readonly status: Status | undefined; readonly pools: readonly Pool[] }) {
  const alarms = [
    ...(status?.warnings ?? []),
    ...pools.filter(({ state }) => state === 'lost' || state === 'absent').map(({ pool, state }) => `Pool ${pool} is ${state}.`),
    ...(status !== undefined && status.state !== 'serving' ? [`This process is ${status.state}.`] : []),
  ];
  if (alarms.length === 0) return null;
  return (
    <section class="alarms" role="alert" aria-label="Alarms">
      <h2>Needs attention</h2>
      <ul>
        {alarms.map((alarm) => (
          <li key={alarm}>{alarm}</li>
        ))}
      </ul>
    </section>
  );
}

function Busiest() {
  const { streams } = useLive(1_000);
  const busiest = [...streams.values()].sort((a, b) => b.demandPerSecond - a.demandPerSecond).slice(0, BUSIEST_SHOWN);
  const most = busiest[0]?.demandPerSecond ?? 0;
  return (
    <section aria-labelledby="busiest-title">
      <h2 id="busiest-title">Busiest streams</h2>
      {busiest.length === 0 && <p class="empty">None yet: a stream begins with its first request.</p>}
      <ol class="ranked">
        {busiest.map(({ stream, demandPerSecond }) => (
          <li key={stream}>
            <a href={streamAddress(stream)}>{stream}</a>
            <span class="n">
              {short(demandPerSecond)}
              <span class="unit"> /s</span>
            </span>
            <span class="share" aria-hidden="true">
              <span style={{ width: `${most === 0 ? 0 : (100 * demandPerSecond) / most}%` }} />
            </span>
          </li>
        ))}
      </ol>
      {streams.size > BUSIEST_SHOWN && (
        <p>
          <a href="#/streams">All {whole(streams.size)} streams</a>
        </p>
      )}
    </section>
  );
}

function Newest({ events }: { readonly events: readonly Happening[] }) {
  const newest = events.slice(-EVENTS_SHOWN).reverse();
  return (
    <section aria-labelledby="newest-title">
      <h2 id="newest-title">Newest events</h2>
      {newest.length === 0 && <p class="empty">Nothing happened since this page was opened.</p>}
      <ol class="events">
        {newest.map((event, index) => (
          <li key={`${event.atMs}/${events.length - index}`} class={event.kind}>
            <time dateTime={new Date(event.atMs).toISOString()}>{clock(event.atMs)}</time>
            <span>
              <b>{subject(event)}</b> {told(event)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
