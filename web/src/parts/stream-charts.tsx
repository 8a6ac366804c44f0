/** Two charts on one time axis: demand against the forecast band, and stock between its two levels; allocations and stalls as marks. */
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Course } from '../stream-course.ts';
import { brief, short } from '../words.ts';

type Plotter = typeof uPlot;
const SYNC = 'stream';
const HEIGHT_PX = 210;
const NARROW_HEIGHT_PX = 170;
const NARROW_PX = 520;
const MARK_PX = 5;
/** Shares of the highest value: below zero, and above it. */
const STRIP = 0.09;
const HEADROOM = 1.06;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
/** Room for the numbers of the axis, the same in both, so that their times stand above each other. */
const AXIS_PX = 64;

interface Given {
  readonly Plot: Plotter;
  readonly element: HTMLElement;
  /** As it is when the chart is drawn. */
  readonly course: () => Course;
}

interface Colours {
  readonly ink: string;
  readonly faint: string;
  readonly line: string;
  readonly accent: string;
  readonly band: string;
  readonly warn: string;
  readonly bad: string;
}

export function StreamCharts({ course, version }: { readonly course: Course; readonly version: number }) {
  const place = useRef<HTMLDivElement>(null);
  const charts = useRef<readonly uPlot[]>([]);
  const latest = useRef(course);
  latest.current = course;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    let ended = false;
    const draw = async (): Promise<void> => {
      // Only this view draws charts: the first screen need not wait for what draws them.
      const [{ default: Plot }] = await Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')]);
      if (ended) return;
      for (const chart of charts.current) chart.destroy();
      const given = { Plot, element, course: () => latest.current };
      charts.current = [demandChart(given), stockChart(given)];
    };
    void draw();
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => void draw();
    dark.addEventListener('change', redraw);
    const observer = new ResizeObserver(() => {
      for (const chart of charts.current) chart.setSize(sizeOf(element));
    });
    observer.observe(element);
    return () => {
      ended = true;
      dark.removeEventListener('change', redraw);
      observer.disconnect();
      for (const chart of charts.current) chart.destroy();
      charts.current = [];
    };
  }, []);
  // The course grows in place; its version says when.
  useEffect(() => {
    const [demand, stock] = charts.current;
    demand?.setData(demandData(course));
    stock?.setData(stockData(course));
  }, [version, course]);
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
  return [atMs.map(inSeconds), upper, median, demand];
}

function stockData({ atMs, stock, reorderPoint, orderUpTo }: Course): uPlot.AlignedData {
  return [atMs.map(inSeconds), orderUpTo, reorderPoint, stock];
}

function inSeconds(ms: number): number {
  return ms / 1_000;
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  const width = Math.max(200, element.clientWidth);
  return { width, height: width < NARROW_PX ? NARROW_HEIGHT_PX : HEIGHT_PX };
}

function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  // The computed value of a custom property is its text; a colour has to be asked of an element that wears it.
  const probe = document.body.appendChild(document.createElement('i'));
  const colour = (name: string): string => {
    probe.style.color = style.getPropertyValue(`--${name}`);
    return getComputedStyle(probe).color;
  };
  const names = ['ink', 'faint', 'line', 'accent', 'band', 'warn', 'bad'] as const;
  const found = Object.fromEntries(names.map((name) => [name, colour(name)])) as unknown as Colours;
  probe.remove();
  return found;
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

  function fillOf(colour: string): string {
    return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.10)');
  }
}

function shown(_chart: uPlot, value: number | null): string {
  return value === null ? '–' : short(value);
}

function frame({ Plot, element, course }: Given, title: string): Omit<uPlot.Options, 'series'> {
  const { faint, line, accent, bad } = colours();
  const font = '12px system-ui, sans-serif';
  const axis = { stroke: faint, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  return {
    ...sizeOf(element),
    title,
    hooks: { draw: [(chart) => marks(chart, course(), { accent, bad })] },
    cursor: { sync: { key: SYNC }, y: false, points: { size: 7 }, drag: { x: true, y: false } },
    legend: { live: true },
    scales: { y: { range: (_chart, _min, max) => between(max) } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        values: (chart, times) => timesOf(Plot, chart, times),
        space: 90,
      },
      {
        ...axis,
        size: AXIS_PX,
        values: (_chart, numbers) => numbers.map((number) => (brief(number) === '0' && number > 0 ? short(number) : brief(number))),
      },
    ],
  };
}

/** A strip below zero belongs to the marks, so that they hide no line. */
function between(max: number | null): [number, number] {
  const most = max === null || max <= 0 ? 1 : max;
  return [-STRIP * most, HEADROOM * most];
}

/** Seconds where minutes are shown, days where more than one is. */
function timesOf(Plot: Plotter, { scales }: uPlot, times: number[]): string[] {
  const { min = 0, max = 0 } = scales.x ?? {};
  const seconds = (max ?? 0) - (min ?? 0);
  const format = seconds > DAY_SECONDS ? '{D} {MMM} {HH}:{mm}' : seconds > HOUR_SECONDS ? '{HH}:{mm}' : '{HH}:{mm}:{ss}';
  const name = Plot.fmtDate(format);
  return times.map((time) => name(new Date(1_000 * time)));
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
