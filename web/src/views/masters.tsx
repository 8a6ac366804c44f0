/** Allocators, the masters: which partitions each owns, since when, and from whom it took over; and the other processes as last heard. */
import type { Member, Sequence } from '../api/answers.ts';
import { useAsked } from '../api/asking.ts';
import { Table } from '../parts/table.tsx';
import { clock, day, whole } from '../words.ts';

const ASKED_EVERY_MS = 2_000;

export function MastersView() {
  const { answer, failure } = useAsked<{ members: Member[] }>('members', ASKED_EVERY_MS);
  const { answer: listed } = useAsked<{ sequences: Sequence[] }>('sequences', ASKED_EVERY_MS);
  const members = answer?.members ?? [];
  const masters = members.filter(({ role }) => role === 'allocator');
  return (
    <>
      <h1>Masters</h1>
      <p class="lead">An allocator claims ranges of each sequence for the partitions that it owns, and cuts them into shards.</p>
      {failure !== undefined && <p class="empty">{failure}</p>}
      <Table
        caption="Allocators"
        rows={masters}
        keyOf={({ member }) => member}
        empty="No allocator was heard of."
        columns={[
          { name: 'Allocator', cell: ({ member }) => member },
          { name: 'State', cell: ({ state }) => <span class={`tag ${state}`}>{state}</span> },
          { name: 'Partitions', cell: ({ partitions }) => <Partitions partitions={partitions} /> },
          { name: 'Owned since', cell: ({ ownedSinceMs }) => since(ownedSinceMs), isNumber: true },
          { name: 'Take-overs', cell: ({ takeOvers }) => whole(takeOvers), isNumber: true },
          { name: 'Incarnation', cell: ({ incarnation }) => <code>{incarnation}</code> },
        ]}
      />
      <section aria-labelledby="claims-title">
        <h2 id="claims-title">What they claimed</h2>
        <Table
          caption="Claimed ranges"
          rows={listed?.sequences ?? []}
          keyOf={({ name }) => name}
          empty="There is no sequence yet."
          columns={[
            { name: 'Sequence', cell: ({ name }) => name },
            { name: 'Generation', cell: ({ generation }) => whole(generation), isNumber: true },
            { name: 'Claimed', cell: ({ claimed }) => whole(claimed), isNumber: true },
            { name: 'Streams', cell: ({ streams }) => whole(streams), isNumber: true },
          ]}
        />
      </section>
      <section aria-labelledby="members-title">
        <h2 id="members-title">Everybody else</h2>
        <Table
          caption="Other processes and pools"
          rows={members.filter(({ role }) => role !== 'allocator')}
          keyOf={({ role, member }) => `${role} ${member}`}
          empty="Nobody was heard of."
          columns={[
            { name: 'Name', cell: ({ member }) => member },
            { name: 'Role', cell: ({ role }) => role },
            { name: 'State', cell: ({ state }) => <span class={`tag ${state}`}>{state}</span> },
            { name: 'Last heard', cell: ({ heardAtMs }) => clock(heardAtMs), isNumber: true },
            { name: 'Incarnation', cell: ({ incarnation }) => <code>{incarnation}</code> },
          ]}
        />
      </section>
    </>
  );
}

function Partitions({ partitions }: { readonly partitions: readonly number[] }) {
  if (partitions.length === 0) return <>none</>;
  return (
    <span class="chips">
      {partitions.map((partition) => (
        <span key={partition}>{partition}</span>
      ))}
    </span>
  );
}

function since(ms: number): string {
  return ms === 0 ? '–' : `${day(ms)}, ${clock(ms)}`;
}
