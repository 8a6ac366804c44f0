/**
 * The demo on one screen, at most 24 lines of 100 columns: redrawn in place on a terminal, one plain line every few seconds
 * elsewhere. Drawing only; what is shown is in `DemoProgress`.
 */
import { calendar, compact, duration, grouped, sparkline } from './demo/figures.ts';
import { kindLines } from './demo/kind-progress.ts';
import { modelLines } from './demo/model-text.ts';
import type { DemoProgress, StreamProgress } from './demo/progress.ts';

/** Where the demo writes: standard output, or a string in a test. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export const SCREEN_COLUMNS_MAX = 100;
export const SCREEN_ROWS_MAX = 24;
const BAR_WIDTH = 40;

/** Draws frames over one another on a terminal. */
export class Screen {
  readonly #out: Output;
  #drawn = 0;

  constructor(out: Output) {
    this.#out = out;
  }

  draw(lines: readonly string[]): void {
    const rows = Math.min(this.#out.rows ?? SCREEN_ROWS_MAX, SCREEN_ROWS_MAX);
    // A line that wraps, or a frame as tall as the terminal, would scroll and leave the old one standing.
    const columns = Math.min(this.#out.columns ?? SCREEN_COLUMNS_MAX, SCREEN_COLUMNS_MAX);
    const shown = lines.slice(0, rows - 1).map((line) => [...line].slice(0, columns).join(''));
    const back = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}F`;
    this.#out.write(`${back}${shown.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[0J`);
    this.#drawn = shown.length;
  }
}

export function frame(p: DemoProgress): string[] {
  return [
    "seqcast demo: requests to NASA's web server, July 1995, one pattern as three streams ×1, ×50, ×500",
    `${bar(p.share)} ${(p.share * 100).toFixed(1)} %  ${calendar(p.traceMs)}  day ${p.day} of ${p.days}  ${etaText(p)}`,
    paceText(p),
    '',
    row(['stream', 'demand/s', 'forecast', 'stock', 'reorder at', 'waiting', 'stalls', 'ppm', 'mean idle', 'alloc/h', 'lead']),
    ...p.streams.map(streamRow),
    '',
    ...p.streams.flatMap(historyRows),
    '',
    `${grouped(p.values)} values in ${grouped(p.requests)} requests, ${grouped(p.duplicates)} duplicates: every answer is held against all before it`,
    waitsText(p),
    ...kindLines(p.kinds ?? []),
    ...(p.model === undefined ? [] : modelLines(p.model)),
    'forecast: demand until an order placed now is usable, median to upper quantile. Waits and lead times',
    'are demo time: a sped-up clock makes them as much longer than they are (docs/guides/demo.md).',
  ];
}

/** The same in one line, for logs and pipes. */
export function plainLine(p: DemoProgress): string {
  const streams = p.streams.map(
    (s) =>
      `x${s.factor} ${compact(s.demandPerSecond)}/s stock ${compact(s.stock)} stalls ${grouped(s.stalled)} idle ${compact(s.meanIdle)} ${compact(s.allocationsPerHour)} alloc/h`,
  );
  const late = isLate(p) ? ` behind ${duration(p.behindMs)}, ${grouped(p.achievedSpeedUp)} x real time` : '';
  return `demo ${(p.share * 100).toFixed(1)} % ${calendar(p.traceMs)} | ${streams.join(' | ')} | ${grouped(p.values)} values, ${p.duplicates} duplicates${late}`;
}

/** Late by more than the driver's own step and a busy moment: two real seconds. */
function isLate(p: DemoProgress): boolean {
  return p.behindMs > 2_000 * p.speedUp;
}

const WIDTHS = [6, 9, 13, 8, 11, 8, 8, 8, 10, 8, 8] as const;

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[i] ?? 0))).join('');
}

function streamRow(s: StreamProgress): string {
  return row([
    `×${s.factor}`,
    compact(s.demandPerSecond),
    `${compact(s.forecastMedian)}–${compact(s.forecastUpper)}`,
    compact(s.stock),
    compact(s.reorderPoint),
    compact(s.waiting),
    compact(s.stalled),
    compact(s.stalledPpm),
    compact(s.meanIdle),
    compact(s.allocationsPerHour),
    duration(s.leadTimeMs),
  ]);
}

function historyRows(s: StreamProgress): string[] {
  return [historyRow(`×${s.factor} demand/s`, s.demandHistory), historyRow(`${' '.repeat(`×${s.factor} `.length)}stock`, s.stockHistory)];
}

function historyRow(label: string, history: readonly number[]): string {
  return `${label.padEnd(15)}${sparkline(history)} ${history.length === 0 ? '' : `max ${compact(Math.max(...history))}`}`;
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR_WIDTH);
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}

function etaText(p: DemoProgress): string {
  return p.share >= 1 ? 'done' : `${duration(p.etaMs)} left`;
}

function paceText(p: DemoProgress): string {
  const stated = `${grouped(p.speedUp)} × real time: one second is ${duration(p.speedUp * 1_000)}`;
  if (!isLate(p)) return stated;
  return `${stated}. This machine cannot keep up: ${grouped(p.achievedSpeedUp)} ×, ${duration(p.behindMs)} behind`;
}

function waitsText(p: DemoProgress): string {
  const waits = p.streams.map((s) => `×${s.factor} ${duration(s.waitMsMean)}/${duration(s.waitMsMax)}`);
  return `waits of stalls, mean/longest: ${waits.join(', ')}`;
}
