/** Whether forecast quantiles mean what they say: how often demand stayed below each, against how often it was promised to. */
import type { CalibrationRow } from '../backtest-report.ts';
import type { Figure } from './figure.ts';

const SIZE = 320;

export function calibrationFigure(rows: readonly CalibrationRow[]): Figure {
  const values = rows.map(({ horizonS, level, covered, count }) => {
    return { horizon: `${horizonS} s`, level, share: count === 0 ? null : covered };
  });
  const worst = rows.reduce((most, { level, covered, count }) => Math.max(most, count === 0 ? 0 : Math.abs(covered - level)), 0);
  return {
    title: 'Calibration: share of moments in which demand stayed at or below a quantile',
    description: `Observed against promised coverage at ${values.length} levels; the largest difference is ${(worst * 100).toFixed(1)} points.`,
    spec: {
      width: SIZE,
      height: SIZE,
      data: { values },
      layer: [
        {
          data: { values: [{ level: 0 }, { level: 1 }] },
          mark: { type: 'line', strokeDash: [4, 4], color: 'currentColor', opacity: 0.5 },
          encoding: { x: { field: 'level', type: 'quantitative' }, y: { field: 'level', type: 'quantitative' } },
        },
        {
          mark: { type: 'line', point: true },
          encoding: {
            x: { field: 'level', type: 'quantitative', title: 'promised', axis: { format: '.0%' } },
            y: { field: 'share', type: 'quantitative', title: 'seen', axis: { format: '.0%' } },
            color: { field: 'horizon', type: 'nominal', title: 'horizon' },
          },
        },
      ],
    } as Figure['spec'],
  };
}
