/** Every stream in one table, found by its name and sorted by any column. Only rows that are seen are drawn, so that ten thousand cost no more. */
import { useMemo, useState } from 'preact/hooks';
import type { StreamStatus } from '../api/answers.ts';
import { useLive } from '../live.ts';
import { type LongColumn, LongTable } from '../parts/long-table.tsx';
import { streamAddress } from '../route.ts';
import { brief, short, whole } from '../words.ts';

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
    cell: ({ forecastMedian, forecastUpper }) => `${short(forecastMedian)} – ${short(forecastUpper)}`,
    isNumber: true,
    isWide: true,
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
  { name: 'Pool', value: ({ pool }) => pool, cell: ({ pool }) => pool, isWide: true },
];

export function StreamsView() {
  const { streams, atMs } = useLive(1_000);
  const [sought, setSought] = useState('');
  // The map stays the same one; the time says that it changed.
  const found = useMemo(() => {
    const words = sought.toLowerCase().split(/\s+/);
    return [...streams.values()].filter(({ stream }) => words.every((word) => stream.toLowerCase().includes(word)));
  }, [sought, atMs, streams.size]);
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
        <LongTable caption="Streams" columns={COLUMNS} rows={found} keyOf={({ stream }) => stream} />
      )}
    </>
  );
}
