/** A slider for the cost ratio of a stream: the server replays the last day under it, and shows what would have been beside what is. */
import { useState } from 'preact/hooks';
import type { WhatIf, WhatIfRun } from '../api/answers.ts';
import { Figure, Figures } from '../parts/figures.tsx';
import { Table } from '../parts/table.tsx';
import { WhatIfChart } from '../parts/what-if-chart.tsx';
import { useWhatIf } from '../what-if.ts';
import { brief, clock, short, span } from '../words.ts';

/** Powers of two: the slider's ends are the server's. */
const POWER_MAX = 10;
const POWER_STEP = 0.5;
/** What can be set, by its ratio. */
const SETTABLE = [
  [1, 'none'],
  [16, 'low'],
  [256, 'high'],
] as const;
/** Ratios that differ by less are one. */
const SAME = 1.01;

export function WhatIfSection({ stream }: { readonly stream: string }) {
  const [power, setPower] = useState(0);
  const { answer, failure, isAsking, askFor } = useWhatIf(stream);
  const ratio = 2 ** power;
  const choose = (chosen: number): void => {
    setPower(Math.log2(chosen));
    askFor(chosen);
  };
  return (
    <section aria-labelledby="what-if-title">
      <h2 id="what-if-title">What if?</h2>
      <p class="lead-in">
        Orders are sized by what an idle value costs against an allocation. The last day, replayed through the same rule at another ratio:
      </p>
      <div class="slider">
        <label for="cost-ratio">An idle value costs</label>
        <output for="cost-ratio">{inWords(ratio)}</output>
        <input
          id="cost-ratio"
          type="range"
          min={-POWER_MAX}
          max={POWER_MAX}
          step={POWER_STEP}
          value={power}
          list="cost-ratios"
          aria-valuetext={inWords(ratio)}
          aria-describedby="cost-ratio-ends"
          onInput={(event) => setPower(event.currentTarget.valueAsNumber)}
          onChange={(event) => askFor(2 ** event.currentTarget.valueAsNumber)}
        />
        <datalist id="cost-ratios">
          {SETTABLE.map(([each]) => (
            <option key={each} value={Math.log2(each)} />
          ))}
        </datalist>
        <p id="cost-ratio-ends" class="ends">
          <span>little: large orders</span>
          <span>much: small orders</span>
        </p>
      </div>
      <fieldset class="choices">
        <legend>Burn costs that can be set</legend>
        {SETTABLE.map(([each, name]) => (
          <button key={name} type="button" aria-pressed={isSame(ratio, each)} onClick={() => choose(each)}>
            {name}
          </button>
        ))}
      </fieldset>
      <p class="note" role="status">
        {isAsking ? 'Replays the day …' : failure === undefined && answer !== undefined ? spanOf(answer) : ''}
      </p>
      {failure !== undefined && (
        <p class="empty" role="alert">
          {failure}
        </p>
      )}
      {answer === undefined && failure === undefined && !isAsking && <p class="empty">Move the slider, or choose a setting.</p>}
      {answer?.runs[0] !== undefined && <Answer stream={stream} answer={answer} run={answer.runs[0]} isOld={isAsking} />}
    </section>
  );
}

interface AnswerProps {
  readonly stream: string;
  readonly answer: WhatIf;
  readonly run: WhatIfRun;
  readonly isOld: boolean;
}

function Answer({ stream, answer, run, isOld }: AnswerProps) {
  const { now } = answer;
  return (
    <div class={isOld ? 'old' : ''} aria-busy={isOld}>
      <Figures label="At this ratio">
        <Figure name="Idle stock" value={brief(run.idleMean)} note={against(run.idleMean, now.idleMean)} />
        <Figure name="Stalls" value={short(run.stalledPpm)} unit="ppm" note={against(run.stalledPpm, now.stalledPpm)} />
        <Figure
          name="Allocations"
          value={short(run.allocationsPerHour)}
          unit="/h"
          note={against(run.allocationsPerHour, now.allocationsPerHour)}
        />
      </Figures>
      <p class="note">
        At this ratio an allocation is worth as much as {short(run.idleValueHours)} values that lie idle for an hour; as it is now,{' '}
        {short(now.idleValueHours)}.
      </p>
      <WhatIfChart answer={answer} />
      <Table
        caption="The day at both ratios"
        rows={ROWS}
        keyOf={({ name }) => name}
        empty=""
        columns={[
          { name: 'Values', cell: ({ name }) => name },
          { name: 'Now', cell: ({ value }) => value(now), isNumber: true },
          { name: `At ${times(run.costRatio)}`, cell: ({ value }) => value(run), isNumber: true },
        ]}
      />
      <HowToApply stream={stream} answer={answer} run={run} />
    </div>
  );
}

const ROWS: readonly { readonly name: string; readonly value: (run: WhatIfRun) => string }[] = [
  { name: 'Idle, mean', value: ({ idleMean }) => brief(idleMean) },
  { name: 'Idle, most', value: ({ idleMax }) => brief(idleMax) },
  { name: 'Waited', value: ({ stalled }) => brief(stalled) },
  { name: 'Allocations/h', value: ({ allocationsPerHour }) => short(allocationsPerHour) },
  { name: 'Order, mean', value: ({ orderMean }) => brief(orderMean) },
  { name: 'Order, largest', value: ({ orderMax }) => brief(orderMax) },
];

function HowToApply({ stream, answer: { burnCost }, run }: Omit<AnswerProps, 'isOld'>) {
  const sequence = stream.split('/', 1)[0] ?? '';
  const [ratio, name] = nearest(run.costRatio);
  const exact = isSame(ratio, run.costRatio) ? '' : ` It sets ${times(ratio)}, the nearest there is.`;
  if (name === burnCost) {
    return (
      <p class="note">
        How to apply it: the nearest that can be set is <code>burnCost: {name}</code>, and so it is.
        {run.costRatio < ratio / SAME && ratio === SETTABLE[0][0] ? ' No setting makes orders larger.' : ''}
      </p>
    );
  }
  return (
    <p class="note">
      How to apply it, to all streams of the sequence: <code>{`seqcast alter ${sequence} --burn-cost ${name}`}</code>.{exact} With{' '}
      <code>--dry-run</code> it says what that does, and changes nothing.
    </p>
  );
}

function nearest(ratio: number): (typeof SETTABLE)[number] {
  const away = ([each]: (typeof SETTABLE)[number]): number => Math.abs(Math.log(each / ratio));
  return SETTABLE.reduce((best, each) => (away(each) < away(best) ? each : best));
}

function isSame(a: number, b: number): boolean {
  return Math.max(a, b) / Math.min(a, b) < SAME;
}

function inWords(ratio: number): string {
  const settable = SETTABLE.find(([each]) => isSame(each, ratio));
  return settable === undefined ? times(ratio) : `${times(ratio)}, as with burn cost ${settable[1]}`;
}

function times(ratio: number): string {
  return ratio >= 1 ? `${short(ratio)} ×` : `1/${short(1 / ratio)} ×`;
}

function against(value: number, now: number): string {
  const before = `now ${short(now)}`;
  if (now === 0) return value === 0 ? `${before}, no change` : before;
  const change = value / now - 1;
  if (Math.abs(change) < 0.005) return `${before}, no change`;
  // More than double reads better as a factor.
  return change > 1
    ? `${before}, ${short(value / now)} times as much`
    : `${before}, ${change > 0 ? '+' : '−'}${Math.round(100 * Math.abs(change))} %`;
}

function spanOf({ fromMs, toMs, leadTimeMs }: WhatIf): string {
  return `${span(toMs - fromMs)} until ${clock(toMs)}, with ${span(leadTimeMs)} of lead time`;
}
