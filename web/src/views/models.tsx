/** Models that were trained, with their state and scores, and whom the busiest streams believe. */
import { useEffect, useState } from 'preact/hooks';
import type { Explanation, Model } from '../api/answers.ts';
import { ask, streamPath, useAsked } from '../api/asking.ts';
import { live } from '../live.ts';
import { StreamLink } from '../parts/stream-link.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { day, percent, short, whole } from '../words.ts';

const ASKED_EVERY_MS = 10_000;
const STREAMS_SHOWN = 12;

export function ModelsView() {
  const { answer, failure } = useAsked<{ models: Model[] }>('models', ASKED_EVERY_MS);
  return (
    <>
      <h1>Models</h1>
      {failure !== undefined && <p class="empty">{failure}</p>}
      <Weights />
      <section aria-labelledby="trained-title">
        <h2 id="trained-title">Trained models</h2>
        {answer !== undefined && (
          <Table
            caption="Trained models"
            rows={answer.models}
            keyOf={({ model }) => model}
            empty={
              <>
                None was trained yet. The statistical experts need no training; <code>seqcast train</code> makes an LSTM.
              </>
            }
            columns={MODEL_COLUMNS}
          />
        )}
      </section>
    </>
  );
}

const MODEL_COLUMNS: readonly Column<Model>[] = [
  { name: 'Model', cell: ({ model }) => <code>{model}</code> },
  { name: 'State', cell: ({ state }) => <span class={`tag ${state}`}>{state}</span> },
  { name: 'Loss', cell: ({ loss }) => (loss === undefined ? '–' : short(loss)), isNumber: true },
  { name: 'Saved of its rival’s', cell: ({ improvement }) => (improvement === undefined ? '–' : percent(improvement)), isNumber: true },
  { name: 'Steps', cell: ({ steps }) => (steps === undefined ? '–' : whole(steps)), isNumber: true },
  { name: 'Streams', cell: ({ streams }) => (streams === undefined ? '–' : whole(streams)), isNumber: true },
  { name: 'Made', cell: ({ madeAtMs }) => (madeAtMs === undefined ? '–' : day(madeAtMs)), isNumber: true },
  { name: 'Why', cell: ({ because }) => because },
];

function Weights() {
  const explained = useBusiestExplained();
  const experts = [...new Set(explained.flatMap(({ experts: each }) => each.map(({ expert }) => expert)))];
  const columns: Column<Explanation>[] = experts.map((expert) => ({
    name: expert.replace(/@\d+$/, ''),
    isNumber: true,
    cell: (row) => <Weight weight={row.experts.find((each) => each.expert === expert)?.weight ?? 0} />,
  }));
  return (
    <section aria-labelledby="weights-title">
      <h2 id="weights-title">Whom the busiest streams believe</h2>
      <Table
        caption="Weights of the experts, stream by stream"
        rows={explained}
        keyOf={({ stream }) => stream}
        empty="No stream has a forecast yet."
        columns={[{ name: 'Stream', cell: ({ stream }) => <StreamLink stream={stream} /> }, ...columns]}
      />
    </section>
  );
}

/** The number carries the meaning; the tint behind it only guides the eye. */
function Weight({ weight }: { readonly weight: number }) {
  if (weight < 0.005) return <span class="silent">–</span>;
  return (
    <span class="heat" style={{ '--share': `${Math.round(100 * weight)}%` }}>
      {percent(weight)}
    </span>
  );
}

function useBusiestExplained(): readonly Explanation[] {
  const [explained, setExplained] = useState<readonly Explanation[]>([]);
  useEffect(() => {
    let ended = false;
    const look = async (): Promise<void> => {
      const busiest = [...live.streams.values()].sort((a, b) => b.demandPerSecond - a.demandPerSecond).slice(0, STREAMS_SHOWN);
      const answers = await Promise.allSettled(busiest.map(({ stream }) => ask<Explanation>(streamPath(stream, 'explain'))));
      const found = answers.flatMap((each) => (each.status === 'fulfilled' && each.value.experts.length > 0 ? [each.value] : []));
      if (!ended) setExplained(found);
    };
    // The first list of streams may still be on its way.
    const soon = window.setTimeout(() => void look(), live.streams.size > 0 ? 0 : 1_500);
    const timer = window.setInterval(() => void look(), ASKED_EVERY_MS);
    return () => {
      ended = true;
      window.clearTimeout(soon);
      window.clearInterval(timer);
    };
  }, []);
  return explained;
}
