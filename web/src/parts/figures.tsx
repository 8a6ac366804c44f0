/** A row of figures that matter most, and the small line of how one of them went. */
import type { ComponentChildren } from 'preact';

export function Figures({ children, label }: { readonly children: ComponentChildren; readonly label: string }) {
  return (
    <dl class="figures" aria-label={label}>
      {children}
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly unit?: string;
  readonly note?: string | undefined;
  readonly tone?: 'bad' | 'warn' | undefined;
  readonly trace?: readonly number[];
}

export function Figure({ name, value, unit, note, tone, trace }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={tone}>
        <span class="value">{value}</span>
        {unit !== undefined && <span class="unit"> {unit}</span>}
        {note !== undefined && <small>{note}</small>}
      </dd>
      {trace !== undefined && <Trace values={trace} />}
    </div>
  );
}

const WIDTH = 120;
const HEIGHT = 28;

/** Says nothing that the figure beside it does not say: a screen reader passes over it. */
function Trace({ values }: { readonly values: readonly number[] }) {
  const highest = Math.max(1e-9, ...values);
  const points = values.map((value, index) => {
    const x = (WIDTH * index) / Math.max(1, values.length - 1);
    return `${x.toFixed(1)},${(HEIGHT - 1 - ((HEIGHT - 2) * value) / highest).toFixed(1)}`;
  });
  return (
    <svg class="trace" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {points.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  );
}
