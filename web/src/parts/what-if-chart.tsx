/** The stock of the last day twice on one time axis: as it is now, and under another cost ratio. */
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { WhatIf } from '../api/answers.ts';
import { chartFrame, colours, fillOf, type Plotter, shown, useCharts } from './chart-frame.ts';

export function WhatIfChart({ answer }: { readonly answer: WhatIf }) {
  const latest = useRef(answer);
  latest.current = answer;
  const { place, charts } = useCharts((Plot, element) => [chart(Plot, element, latest.current)]);
  useEffect(() => {
    charts.current[0]?.setData(dataOf(answer));
  }, [answer, charts]);
  return (
    <div
      class="charts day"
      role="img"
      aria-label="Stock through the day, as it is now and at the ratio of the slider. The figures are in the table below."
      ref={place}
    />
  );
}

/** Each point is the mean of a step, drawn at its end: nothing is drawn before it was so. */
function dataOf({ fromMs, toMs, stepMs, now, runs }: WhatIf): uPlot.AlignedData {
  const other = runs[0]?.stock ?? now.stock.map(() => null);
  return [now.stock.map((_, i) => Math.min(toMs, fromMs + (i + 1) * stepMs) / 1_000), [...now.stock], [...other]];
}

function chart(Plot: Plotter, element: HTMLElement, answer: WhatIf): uPlot {
  const { ink, accent } = colours();
  const options: uPlot.Options = {
    ...chartFrame(Plot, element, 'Values in stock, replayed'),
    series: [
      {},
      { label: 'As it is now', stroke: ink, width: 1.5, value: shown, points: { show: false } },
      { label: 'At this ratio', stroke: accent, width: 2, dash: [8, 4], fill: fillOf(accent), value: shown, points: { show: false } },
    ],
  };
  return new Plot(options, dataOf(answer), element);
}
