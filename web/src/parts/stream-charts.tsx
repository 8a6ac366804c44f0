/** Two charts on one time axis: demand against the forecast band, and stock between its two levels; allocations and stalls as marks. */
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Course } from '../stream-course.ts';
import { type Colours, chartFrame, colours, fillOf, type Plotter, shown, useCharts } from './chart-frame.ts';

const SYNC = 'stream';
const MARK_PX = 5;

interface Given {
  readonly Plot: Plotter;
  readonly element: HTMLElement;
  /** As it is when the chart is drawn. */
  readonly course: () => Course;
}

export function StreamCharts({ course, version }: { readonly course: Course; readonly version: number }) {
  const latest = useRef(course);
  latest.current = course;
  const { place, charts } = useCharts((Plot, element) => {
    const given = { Plot, element, course: () => latest.current };
    return [demandChart(given), stockChart(given)];
  });
  // The course grows in place; its version says when.
  useEffect(() => {
    const [demand, stock] = charts.current;
    demand?.setData(demandData(course));
    stock?.setData(stockData(course));
  }, [version, course, charts]);
  return (
    <div
      class="charts"
      role="img"
      aria-label="Demand against the forecast, and stock between its levels. The numbers are in the table below."
      ref={place}
    />
  );
}

function demandData({ atMs, demand, median, upper }: Course): uPlot.AlignedData {
  return [atMs.map((ms) => ms / 1_000), upper, median, demand];
}

function stockData({ atMs, stock, reorderPoint, orderUpTo }: Course): uPlot.AlignedData {
  return [atMs.map((ms) => ms / 1_000), orderUpTo, reorderPoint, stock];
}

function demandChart(given: Given): uPlot {
  const { ink, accent, band } = colours();
  const options: uPlot.Options = {
    ...frame(given, 'Values a second'),
    series: [
      {},
      { label: 'Forecast, upper', stroke: band, width: 1, value: shown, points: { show: false } },
      { label: 'median', stroke: accent, width: 1.5, dash: [6, 4], value: shown, points: { show: false } },
      { label: 'Demand', stroke: ink, width: 1.5, value: shown, points: { show: false } },
    ],
    bands: [{ series: [1, 2], fill: band }],
  };
  return new given.Plot(options, demandData(given.course()), given.element);
}

function stockChart(given: Given): uPlot {
  const { Plot } = given;
  const { ink, accent, warn, faint } = colours();
  const steps = Plot.paths.stepped?.({ align: 1 });
  const stepped = steps === undefined ? {} : { paths: steps };
  const options: uPlot.Options = {
    ...frame(given, 'Values in stock'),
    series: [
      {},
      { label: 'S, order up to', stroke: faint, width: 1.5, dash: [2, 4], value: shown, points: { show: false }, ...stepped },
      { label: 's, reorder at', stroke: warn, width: 1.5, dash: [8, 4], value: shown, points: { show: false }, ...stepped },
      { label: 'Stock', stroke: ink, width: 1.5, fill: fillOf(accent), value: shown, points: { show: false }, ...stepped },
    ],
  };
  return new Plot(options, stockData(given.course()), given.element);
}

function frame({ Plot, element, course }: Given, title: string): Omit<uPlot.Options, 'series'> {
  const { accent, bad } = colours();
  return {
    ...chartFrame(Plot, element, title),
    hooks: { draw: [(chart) => marks(chart, course(), { accent, bad })] },
    cursor: { sync: { key: SYNC }, y: false, points: { size: 7 }, drag: { x: true, y: false } },
  };
}

/** Allocations as small triangles at the foot, stalls as lines through the whole height: different in shape, not in colour alone. */
function marks(
  { ctx, bbox, valToPos }: uPlot,
  { atMs, stalls, allocations }: Course,
  { accent, bad }: Pick<Colours, 'accent' | 'bad'>,
): void {
  const size = MARK_PX * devicePixelRatio;
  // Where there are many they become narrow rather than one dark bar.
  const half = Math.max(devicePixelRatio / 2, Math.min(size, (0.4 * bbox.width) / Math.max(1, atMs.length)));
  const foot = bbox.top + bbox.height;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [index, ms] of atMs.entries()) {
    const isStall = (stalls[index] ?? 0) > 0;
    const isAllocation = (allocations[index] ?? 0) > 0;
    if (!isStall && !isAllocation) continue;
    const x = valToPos(ms / 1_000, 'x', true);
    if (isStall) {
      ctx.fillStyle = bad;
      ctx.fillRect(x - devicePixelRatio / 2, bbox.top, devicePixelRatio, bbox.height);
    }
    if (isAllocation) {
      ctx.fillStyle = accent;
      ctx.beginPath();
      ctx.moveTo(x, foot - 1.7 * size);
      ctx.lineTo(x + half, foot);
      ctx.lineTo(x - half, foot);
      ctx.fill();
    }
  }
  ctx.restore();
}
