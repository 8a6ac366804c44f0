/** Stock against demand over time, on one axis of time, with the moments in which callers waited; and whom the mixture trusted. */
import type { ExpertWeights, StreamHistory } from '../backtest-report.ts';
import type { Figure } from './figure.ts';

const WIDTH = 860;
const HEIGHT = 170;
const TIME = { field: 'atMs', type: 'temporal', scale: { type: 'utc' }, title: null } as const;

export function historyFigure(history: StreamHistory): Figure {
  const { stream, policy, startMs, spanS, demand, demandPeak, stock, stockMin, reorderPoint, stalled } = history;
  const values = demand.map((rate, i) => ({
    atMs: startMs + i * spanS * 1_000,
    rate,
    peak: demandPeak[i] ?? rate,
    stock: stock[i] ?? 0,
    least: stockMin[i] ?? 0,
    reorder: reorderPoint?.[i],
    stalled: stalled[i] ?? 0,
  }));
  const total = stalled.reduce((sum, each) => sum + each, 0);
  const panel = { width: WIDTH, height: HEIGHT } as const;
  const line = (field: string, color: string, dash: readonly number[] = []): object => ({
    mark: { type: 'line', strokeWidth: 1, color, strokeDash: [...dash], interpolate: 'step-after' },
    encoding: { x: TIME, y: { field, type: 'quantitative' } },
  });
  return {
    title: `${stream}: ${policy}`,
    description: `Demand and stock of ${stream} under ${policy} in spans of ${spanS} s; ${total} values waited.`,
    spec: {
      data: { values },
      vconcat: [
        {
          ...panel,
          layer: [
            {
              mark: { type: 'area', opacity: 0.25, color: '#4c78a8', interpolate: 'step-after' },
              encoding: { x: TIME, y: { field: 'peak', type: 'quantitative', title: 'asked for, values a second' } },
            },
            line('rate', '#4c78a8'),
          ],
        },
        {
          ...panel,
          layer: [
            {
              mark: { type: 'area', opacity: 0.3, color: '#54a24b', interpolate: 'step-after' },
              encoding: {
                x: TIME,
                y: { field: 'least', type: 'quantitative', title: 'on hand, values' },
                y2: { field: 'stock' },
              },
            },
            line('stock', '#54a24b'),
            ...(reorderPoint === undefined ? [] : [line('reorder', '#b279a2', [4, 3])]),
            {
              transform: [{ filter: 'datum.stalled > 0' }],
              mark: { type: 'tick', orient: 'vertical', color: '#e45756', thickness: 2, size: HEIGHT },
              encoding: { x: TIME, y: { value: HEIGHT / 2 }, tooltip: [{ field: 'stalled' }] },
            },
          ],
        },
      ],
      resolve: { scale: { x: 'shared' } },
    } as Figure['spec'],
  };
}

export function weightsFigure({ stream, startMs, spanS, experts }: ExpertWeights): Figure {
  const values = Object.entries(experts).flatMap(([expert, shares]) => {
    return shares.map((share, i) => ({ atMs: startMs + i * spanS * 1_000, expert, share }));
  });
  return {
    title: `${stream}: whom the mixture trusts`,
    description: `Shares of ${Object.keys(experts).join(', ')} in the upper quantile over time.`,
    spec: {
      width: WIDTH,
      height: HEIGHT,
      data: { values },
      mark: { type: 'area', interpolate: 'step-after' },
      encoding: {
        x: TIME,
        y: { field: 'share', type: 'quantitative', stack: 'normalize', title: 'share', axis: { format: '.0%' } },
        color: { field: 'expert', type: 'nominal', scale: { scheme: 'tableau20' }, title: null },
      },
    } as Figure['spec'],
  };
}
