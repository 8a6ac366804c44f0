/**
 * The two fronts of a backtest: what idle stock costs in operations on the ledger, and what it buys in minutes without an allocator. A
 * policy below and to the left of another is better in both.
 */
import { operationsPerHour, stalledPpm, survivedPercent } from '../../harness/result.ts';
import type { LeaderboardRow } from '../backtest-report.ts';
import type { Figure } from './figure.ts';

const SIZE = 380;
/** A logarithm has no zero: what is less is drawn here, and a policy that holds nothing at all stands at the edge. */
const IDLE_MIN = 0.1;

interface Point {
  readonly policy: string;
  readonly group: string;
  readonly leadTime: string;
  readonly idle: number;
  readonly operations: number;
  readonly autonomy: number;
  readonly stalls: string;
  readonly front: boolean;
}

/** Two for each lead time and ride-through: policies compete with those that were asked for the same. */
export function frontFigures(rows: readonly LeaderboardRow[]): Figure[] {
  const askedOf = ({ leadTime, rideThroughS }: LeaderboardRow): string => `lead time ${leadTime}, ride-through ${rideThroughS} s`;
  return [...new Set(rows.map(askedOf))].flatMap((asked) => {
    const own = rows.filter((row) => askedOf(row) === asked);
    return [operationsFront(asked, own), autonomyFront(asked, own)];
  });
}

function operationsFront(asked: string, rows: readonly LeaderboardRow[]): Figure {
  const data = rows.map((row) => pointOf(row, row.onOperationsFront));
  return {
    title: `Idle stock against operations an hour: ${asked} (lower and further left is better)`,
    description: frontText(rows, 'operations an hour', (row) => row.onOperationsFront),
    spec: scatter(data, { field: 'operations', title: 'operations an hour' }),
  };
}

function autonomyFront(asked: string, rows: readonly LeaderboardRow[]): Figure {
  const data = rows.map((row) => pointOf(row, row.onAutonomyFront));
  return {
    title: `Idle stock against minutes it would last: ${asked} (lower and further right is better)`,
    description: frontText(rows, 'minutes of autonomy', (row) => row.onAutonomyFront),
    spec: scatter(data, { field: 'autonomy', title: 'minutes the stock on hand lasts, mean' }),
  };
}

function pointOf({ policy, group, leadTime, result }: LeaderboardRow, front: boolean): Point {
  const outage = result.outages[0];
  const survived = outage === undefined ? '' : `, ${survivedPercent(outage).toFixed(2)} % of outages survived`;
  return {
    policy,
    group,
    leadTime,
    front,
    idle: Math.max(IDLE_MIN, result.meanIdle),
    operations: Math.max(IDLE_MIN, operationsPerHour(result)),
    autonomy: Math.max(IDLE_MIN, result.autonomyMinutes.mean),
    stalls: `${stalledPpm(result).toFixed(1)} ppm${survived}`,
  };
}

function scatter(data: readonly Point[], x: { readonly field: 'operations' | 'autonomy'; readonly title: string }): Figure['spec'] {
  const encoding = {
    x: { field: x.field, type: 'quantitative', scale: { type: 'log' }, title: x.title },
    y: { field: 'idle', type: 'quantitative', scale: { type: 'log' }, title: 'mean idle stock, values' },
    color: { field: 'group', type: 'nominal', scale: { scheme: 'tableau10' }, title: null },
    tooltip: ['policy', 'leadTime', 'idle', x.field, 'stalls'].map((field) => ({ field })),
  } as const;
  return {
    width: SIZE,
    height: SIZE,
    data: { values: [...data] },
    layer: [
      {
        mark: { type: 'point', filled: true, size: 70 },
        encoding: { ...encoding, opacity: { condition: { test: 'datum.front', value: 1 }, value: 0.35 } },
      },
      {
        transform: [{ filter: 'datum.front' }],
        mark: { type: 'text', align: 'left', dx: 7, dy: -5, fontSize: 10, color: 'currentColor' },
        encoding: { x: encoding.x, y: encoding.y, text: { field: 'policy' } },
      },
    ],
  };
}

function frontText(rows: readonly LeaderboardRow[], against: string, isOn: (row: LeaderboardRow) => boolean): string {
  const names = [...new Set(rows.filter(isOn).map(({ policy }) => policy))];
  return `Idle stock against ${against} of ${rows.length} policies; on the front: ${names.join(', ')}.`;
}
