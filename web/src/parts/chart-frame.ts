/** What charts of values over time have in common: size, axes, colours of the page, and when what draws them is loaded. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { brief, short } from '../words.ts';

export type Plotter = typeof uPlot;

const HEIGHT_PX = 210;
const NARROW_HEIGHT_PX = 170;
const NARROW_PX = 520;
/** Shares of the highest value: below zero, and above it. */
const STRIP = 0.09;
const HEADROOM = 1.06;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
/** Room for the numbers of the axis, the same in both, so that their times stand above each other. */
const AXIS_PX = 64;

export interface Colours {
  readonly ink: string;
  readonly faint: string;
  readonly line: string;
  readonly accent: string;
  readonly band: string;
  readonly warn: string;
  readonly bad: string;
}

interface Charts {
  /** Where they are drawn. */
  readonly place: RefObject<HTMLDivElement | null>;
  readonly charts: { readonly current: readonly uPlot[] };
}

/** Charts that are as wide as their place, and drawn anew in the colours of night and day. */
export function useCharts(make: (Plot: Plotter, element: HTMLElement) => readonly uPlot[]): Charts {
  const place = useRef<HTMLDivElement>(null);
  const charts = useRef<readonly uPlot[]>([]);
  const maker = useRef(make);
  maker.current = make;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    let ended = false;
    const draw = async (): Promise<void> => {
      const Plot = await plotter();
      if (ended) return;
      for (const chart of charts.current) chart.destroy();
      charts.current = maker.current(Plot, element);
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
  return { place, charts };
}

/** Only some views draw charts: the first screen need not wait for what draws them. */
async function plotter(): Promise<Plotter> {
  const [{ default: Plot }] = await Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')]);
  return Plot;
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  const width = Math.max(200, element.clientWidth);
  return { width, height: width < NARROW_PX ? NARROW_HEIGHT_PX : HEIGHT_PX };
}

export function colours(): Colours {
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

export function shown(_chart: uPlot, value: number | null): string {
  return value === null ? '–' : short(value);
}

export function fillOf(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.10)');
}

/** Title, axes and scales. */
export function chartFrame(Plot: Plotter, element: HTMLElement, title: string): Omit<uPlot.Options, 'series'> {
  const { faint, line } = colours();
  const font = '12px system-ui, sans-serif';
  const axis = { stroke: faint, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  return {
    ...sizeOf(element),
    title,
    cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false } },
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
        values: (_chart, numbers) => numbers.map((number) => (Number.isInteger(number) ? brief(number) : short(number))),
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
