/** One stream: what is asked of it against what was forecast, what it has in stock, and why its shards have the size they have. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Decision, Explanation, StreamPast, StreamStatus } from '../api/answers.ts';
import { ask, streamPath, useAsked } from '../api/asking.ts';
import { live, useLive } from '../live.ts';
import { Figure, Figures } from '../parts/figures.tsx';
import { StreamCharts } from '../parts/stream-charts.tsx';
import { Share, Table } from '../parts/table.tsx';
import { type Course, courseOf, emptyCourse, goOn } from '../stream-course.ts';
import { brief, clock, percent, short, span, whole } from '../words.ts';
import { WhatIfSection } from './what-if.tsx';

const EXPLAINED_EVERY_MS = 5_000;
const SECONDS_LISTED = 30;

export function StreamView({ stream }: { readonly stream: string }) {
  const { streams } = useLive(1_000);
  const now = streams.get(stream);
  const { answer: explained, failure } = useAsked<Explanation>(streamPath(stream, 'explain'), EXPLAINED_EVERY_MS);
  const { course, version } = useCourse(stream);
  return (
    <>
      <p class="crumb">
        <a href="#/streams">Streams</a>
      </p>
      <h1>{stream}</h1>
      {now === undefined ? <p class="empty">Nothing is in stock for this stream here.</p> : <Now now={now} />}
      <section aria-labelledby="course-title">
        <h2 id="course-title">Demand and stock</h2>
        <StreamCharts course={course} version={version} />
        {course.atMs.length === 0 ? (
          <p class="empty">Nothing was heard of it yet: the charts begin with its next request.</p>
        ) : (
          <p class="key">
            <span class="allocated">allocation</span> <span class="stalled">stall</span> Drag to look closer, double-click for all.
          </p>
        )}
        <Numbers course={course} />
      </section>
      <WhatIfSection stream={stream} />
      <section aria-labelledby="why-title">
        <h2 id="why-title">Why this size?</h2>
        {failure !== undefined && <p class="empty">{failure}</p>}
        {explained !== undefined && <Why explained={explained} />}
      </section>
      {explained !== undefined && explained.experts.length > 0 && <Experts experts={explained.experts} />}
    </>
  );
}

/** What the gateway remembers of the stream first, then every look at it. */
function useCourse(stream: string): { readonly course: Course; readonly version: number } {
  const course = useRef<Course>(emptyCourse());
  const [version, setVersion] = useState(0);
  useEffect(() => {
    let before = live.streams.get(stream);
    let ended = false;
    const grown = (): void => setVersion((count) => count + 1);
    const load = async (): Promise<void> => {
      const past = await ask<StreamPast>(streamPath(stream, 'past'));
      if (ended) return;
      course.current = courseOf(past, live.streams.get(stream)?.leadTimeMs ?? 0);
      grown();
    };
    // A quiet stream has no past yet: then it begins now.
    load().catch(grown);
    const end = live.onLook(({ atMs }) => {
      const now = live.streams.get(stream);
      if (now === undefined) return;
      goOn(course.current, now, before ?? now, atMs);
      before = now;
    });
    const endFollowing = live.follow(() => [stream]);
    // Drawn as often as everything else, however often there is something new.
    const endDrawing = live.watch(grown);
    return () => {
      ended = true;
      end();
      endFollowing();
      endDrawing();
    };
  }, [stream]);
  return { course: course.current, version };
}

function Now({ now }: { readonly now: StreamStatus }) {
  const stallsPpm = now.requestsTotal === 0 ? 0 : (1e6 * now.stallsTotal) / now.requestsTotal;
  return (
    <Figures label="Now">
      <Figure name="Demand" value={short(now.demandPerSecond)} unit="/s" note="over the last minute" />
      <Figure
        name="Forecast"
        value={short(now.forecastMedian)}
        note={`up to ${short(now.forecastUpper)}, in ${span(now.leadTimeMs)} of lead time`}
      />
      <Figure name="Stock" value={brief(now.stock)} note={`s ${brief(now.reorderPoint)}, S ${brief(now.orderUpTo)}`} />
      <Figure
        name="Stalls"
        value={short(stallsPpm)}
        unit="ppm"
        note={`${whole(now.stallsTotal)} of ${brief(now.requestsTotal)} requests`}
      />
      <Figure name="Allocations" value={brief(now.allocationsTotal)} note={`${now.kind ?? ''} pool ${now.pool}`.trim()} />
    </Figures>
  );
}

function Numbers({ course }: { readonly course: Course }) {
  const [isOpen, setOpen] = useState(false);
  const rows = course.atMs
    .map((_, index) => index)
    .slice(-SECONDS_LISTED)
    .reverse();
  const at = (name: keyof Course) => (index: number) => short(course[name][index] ?? 0);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The numbers as a table</summary>
      {isOpen && (
        <Table
          caption="The last seconds"
          rows={rows}
          keyOf={(index) => String(course.atMs[index])}
          empty="Nothing yet."
          columns={[
            { name: 'Time', cell: (index) => clock(course.atMs[index] ?? 0) },
            { name: 'Demand/s', cell: at('demand'), isNumber: true },
            { name: 'Median/s', cell: at('median'), isNumber: true },
            { name: 'Upper/s', cell: at('upper'), isNumber: true },
            { name: 'Stock', cell: at('stock'), isNumber: true },
            { name: 's', cell: at('reorderPoint'), isNumber: true },
            { name: 'S', cell: at('orderUpTo'), isNumber: true },
            { name: 'Stalls', cell: at('stalls'), isNumber: true },
            { name: 'Allocations', cell: at('allocations'), isNumber: true },
          ]}
        />
      )}
    </details>
  );
}

function Why({ explained: { sentences, decisions } }: { readonly explained: Explanation }) {
  return (
    <>
      <ul class="sentences">
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <h3>Latest allocations</h3>
      <ol class="decisions">
        {decisions.map((decision) => (
          <li key={`${decision.shard}/${decision.atMs}`}>
            <DecisionLine decision={decision} />
          </li>
        ))}
      </ol>
    </>
  );
}

function DecisionLine({ decision }: { readonly decision: Decision }) {
  const { atMs, shard, size, sentence, position, reorderPoint, orderUpTo, rate } = decision;
  return (
    <details>
      <summary>
        <time dateTime={new Date(atMs).toISOString()}>{clock(atMs)}</time>
        <b class="n">{whole(size)}</b>
        <span>shard {whole(shard)}</span>
        <span class="hint">why this size?</span>
      </summary>
      <p>{sentence}.</p>
      <p class="note">
        Position {whole(position)}, s {whole(reorderPoint)}, S {whole(orderUpTo)}, {short(rate)} values a second.
      </p>
    </details>
  );
}

function Experts({ experts }: { readonly experts: Explanation['experts'] }) {
  const rows = [...experts].sort((a, b) => b.weight - a.weight);
  return (
    <section aria-labelledby="experts-title">
      <h2 id="experts-title">Whose forecast</h2>
      <Table
        caption="Experts and their weights"
        rows={rows}
        keyOf={({ expert }) => expert}
        empty="No forecast yet."
        columns={[
          { name: 'Expert', cell: ({ expert }) => expert },
          { name: 'Weight', cell: ({ weight }) => (weight === 0 ? 'silent' : percent(weight)), isNumber: true },
          { name: 'Share', cell: ({ weight }) => <Share share={weight} /> },
        ]}
      />
    </section>
  );
}
