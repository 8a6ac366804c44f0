/** How values flow, as a picture with rates: clients ask pools, what they ask becomes a forecast, the forecast an allocation, which fills. */
import type { Pool } from '../api/answers.ts';
import type { Live } from '../live.ts';
import { brief, many, percent, short } from '../words.ts';

/** Events are counted over so long. */
const COUNTED_MS = 60_000;

interface Stage {
  readonly name: string;
  readonly place: string;
  readonly what: string;
  readonly figure: string;
  readonly note: string;
  readonly href?: string;
}

export function Flow({ live, pools }: { readonly live: Live; readonly pools: readonly Pool[] }) {
  return (
    <section aria-labelledby="flow-title">
      <h2 id="flow-title">Flow</h2>
      <ol class="flow">
        {stagesOf(live, pools).map(({ name, place, what, figure, note, href }) => (
          <li key={place} class={place}>
            <h3>{href === undefined ? name : <a href={href}>{name}</a>}</h3>
            <p class="figure">{figure}</p>
            <p class="note">{note}</p>
            <p class="what">{what}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}

function stagesOf(live: Live, pools: readonly Pool[]): readonly Stage[] {
  const { valuesPerSecond, requestsPerSecond } = live.rates();
  const lately = live.happenings.filter(({ atMs }) => atMs > live.atMs - COUNTED_MS);
  const allocated = lately.filter((event) => event.kind === 'allocation');
  const back = lately.filter(({ kind }) => kind === 'return').length;
  const burnt = lately.filter(({ kind }) => kind === 'burn').length;
  const loads = pools.map(({ load }) => load);
  let waiting = 0;
  let [demand, forecast] = [0, 0];
  for (const stream of live.streams.values()) {
    waiting += stream.waiting;
    demand += stream.demandPerSecond;
    if (stream.leadTimeMs > 0) forecast += (1_000 * stream.forecastMedian) / stream.leadTimeMs;
  }
  return [
    { name: 'Clients', place: 'clients', what: 'ask for values', figure: `${short(requestsPerSecond)} /s`, note: 'requests' },
    {
      name: 'Gateway',
      place: 'gateway',
      what: 'finds the stream and its pool',
      figure: `${short(valuesPerSecond)} /s`,
      note: waiting === 0 ? 'values; nobody waits' : `values; ${brief(waiting)} waited for`,
    },
    {
      name: 'Pools',
      place: 'pools',
      what: 'give out of stock',
      figure: brief(live.totals?.stock ?? 0),
      note: `in stock; ${pools.length === 0 ? 'no pool heard of' : `load ${percent(Math.max(...loads))}`}`,
      href: '#/pools',
    },
    {
      name: 'Consumption',
      place: 'consumption',
      what: 'what was asked for',
      figure: `${short(demand)} /s`,
      note: 'over the last minute',
      href: '#/streams',
    },
    {
      name: 'Forecast',
      place: 'forecast',
      what: 'what will be asked for',
      figure: `${short(forecast)} /s`,
      note: 'median, next lead time',
      href: '#/models',
    },
    {
      name: 'Allocation',
      place: 'allocation',
      what: 'how much to whom',
      figure: `${allocated.length} /min`,
      note: many(
        allocated.reduce((sum, { allocation }) => sum + allocation.size, 0),
        'value',
      ),
      href: '#/masters',
    },
    {
      name: 'Filling',
      place: 'filling',
      what: 'loads the shelf',
      figure: `${back} /min`,
      note: `returned; ${burnt} burnt`,
      href: '#/values',
    },
  ];
}
