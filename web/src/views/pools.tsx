/** Pools against what they can do, and which streams were moved between them and why. */
import type { Move, Pool } from '../api/answers.ts';
import { useAsked } from '../api/asking.ts';
import { StreamLink } from '../parts/stream-link.tsx';
import { type Column, Share, Table } from '../parts/table.tsx';
import { brief, clock, percent, short, span, whole } from '../words.ts';

const ASKED_EVERY_MS = 2_000;
/** A pool that is fuller should be relieved. */
const LOAD_HIGH = 0.8;
/** After a resharding a primary may have hundreds of ranges. */
const RANGES_SHOWN = 3;

export function PoolsView() {
  const { answer, failure } = useAsked<{ pools: Pool[]; moves: Move[] }>('pools', ASKED_EVERY_MS);
  return (
    <>
      <h1>Pools</h1>
      {failure !== undefined && <p class="empty">{failure}</p>}
      {answer !== undefined && (
        <>
          <Table
            caption="Pools"
            rows={answer.pools}
            keyOf={({ pool, kind }) => `${pool} ${kind}`}
            empty="No pool was heard of."
            columns={[
              { name: 'Pool', cell: ({ pool }) => pool },
              { name: 'State', cell: ({ state }) => <span class={`tag ${state}`}>{state}</span> },
              { name: 'Load', cell: ({ load }) => <Load load={load} />, isNumber: true },
              { name: 'Kind', cell: ({ kind }) => kind },
              {
                name: 'Operations/s',
                cell: ({ measured, capacity }) => `${short(measured.operationsPerSecond)} of ${brief(capacity.operationsPerSecond)}`,
                isNumber: true,
              },
              { name: 'Stock', cell: ({ measured }) => brief(measured.values), isNumber: true },
              { name: 'p99', cell: ({ measured }) => (measured.latencyP99Ms > 0 ? span(measured.latencyP99Ms) : '–'), isNumber: true },
              { name: 'Streams', cell: ({ streams }) => whole(streams), isNumber: true },
              { name: 'In / out', cell: ({ movedIn, movedOut }) => `${whole(movedIn)} / ${whole(movedOut)}`, isNumber: true },
              ...(answer.pools.some(({ slots }) => slots !== undefined) ? [SLOTS] : []),
              { name: 'Where', cell: ({ endpoint }) => endpoint },
            ]}
          />
          <Moves moves={answer.moves} />
        </>
      )}
    </>
  );
}

/** Of primaries of a Redis Cluster; other pools serve any stream. */
const SLOTS: Column<Pool> = {
  name: 'Slots',
  cell: ({ slots }) => {
    if (slots === undefined) return 'any stream';
    const count = slots.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    const ranges = slots.slice(0, RANGES_SHOWN).map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`));
    const more = slots.length > RANGES_SHOWN ? ` and ${whole(slots.length - RANGES_SHOWN)} more` : '';
    return count === 0 ? 'none' : `${whole(count)}: ${ranges.join(', ')}${more}`;
  },
};

/** Of its capacity. */
function Load({ load }: { readonly load: number }) {
  return (
    <span class="load">
      <Share share={load} tone={load > LOAD_HIGH ? 'warn' : undefined} />
      {percent(load)}
    </span>
  );
}

function Moves({ moves }: { readonly moves: readonly Move[] }) {
  return (
    <section aria-labelledby="moves-title">
      <h2 id="moves-title">Moves of the last hour</h2>
      <Table
        caption="Moves"
        rows={moves}
        keyOf={({ stream, atMs }) => `${stream} ${atMs}`}
        empty="No stream was moved."
        columns={[
          { name: 'Stream', cell: ({ stream }) => <StreamLink stream={stream} /> },
          { name: 'Time', cell: ({ atMs }) => clock(atMs) },
          { name: 'From', cell: ({ from }) => from },
          { name: 'To', cell: ({ to }) => to },
          { name: 'Why', cell: ({ why }) => why },
        ]}
      />
    </section>
  );
}
