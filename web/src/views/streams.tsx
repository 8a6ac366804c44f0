/** Every stream in one table, found by its name and sorted by any column. Only rows that are seen are drawn, so that ten thousand cost no more. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { StreamStatus } from '../api/answers.ts';
import { live, useLive } from '../live.ts';
import { type LongColumn, LongTable } from '../parts/long-table.tsx';
import { streamAddress } from '../route.ts';
import { brief, compact, short, whole } from '../words.ts';

const COLUMNS: readonly LongColumn<StreamStatus>[] = [
  { name: 'Stream', value: ({ stream }) => stream, cell: ({ stream }) => <a href={streamAddress(stream)}>{stream}</a> },
  {
    name: 'Demand/s',
    value: ({ demandPerSecond }) => demandPerSecond,
    cell: ({ demandPerSecond }) => short(demandPerSecond),
    isNumber: true,
  },
  {
    name: 'Forecast',
    value: ({ forecastMedian }) => forecastMedian,
    cell: ({ forecastMedian, forecastUpper }) => `${compact(forecastMedian)} – ${compact(forecastUpper)}`,
    isNumber: true,
    isWide: true,
    widthRem: 11,
    title: 'Values over the next lead time, median to upper quantile',
  },
  { name: 'Stock', value: ({ stock }) => stock, cell: ({ stock }) => brief(stock), isNumber: true },
  {
    name: 'Reorder at',
    value: ({ reorderPoint }) => reorderPoint,
    cell: ({ reorderPoint }) => brief(reorderPoint),
    isNumber: true,
    isWide: true,
  },
  {
    name: 'Requests',
    value: ({ requestsTotal }) => requestsTotal,
    cell: ({ requestsTotal }) => brief(requestsTotal),
    isNumber: true,
    isWide: true,
  },
  { name: 'Stalls', value: ({ stallsTotal }) => stallsTotal, cell: ({ stallsTotal }) => brief(stallsTotal), isNumber: true },
  {
    name: 'Allocations',
    value: ({ allocationsTotal }) => allocationsTotal,
    cell: ({ allocationsTotal }) => brief(allocationsTotal),
    isNumber: true,
    isWide: true,
  },
  { name: 'Pool', value: ({ pool }) => pool, cell: ({ pool }) => pool, isWide: true, widthRem: 8 },
];

export function StreamsView() {
  const { streams, version } = useLive(1_000);
  const [sought, setSought] = useState('');
  const shown = useRef<readonly string[]>([]);
  useEffect(() => {
    const ends = [live.follow(() => shown.current), live.followAll()];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  // The map stays the same one; its version says that it changed.
  const found = useMemo(() => {
    const words = sought.toLowerCase().split(/\s+/);
    return [...streams.values()].filter(({ stream }) => words.every((word) => stream.toLowerCase().includes(word)));
  }, [sought, version, streams.size]);
  return (
    <>
      <h1>Streams</h1>
      <div class="tools">
        <label>
          <span>Find</span>
          <input
            type="search"
            value={sought}
            placeholder="sequence, client type or service"
            onInput={(event) => setSought(event.currentTarget.value)}
          />
        </label>
        <p role="status">
          {whole(found.length)} of {whole(streams.size)}
        </p>
      </div>
      {streams.size === 0 ? (
        <p class="empty">
          None yet: a stream begins with its first request. Try <code>seqcast create orders</code>, then <code>seqcast next orders</code>.
        </p>
      ) : (
        <LongTable caption="Streams" columns={COLUMNS} rows={found} keyOf={({ stream }) => stream} shown={shown} />
      )}
    </>
  );
}
