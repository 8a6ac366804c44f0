/** The mean of what several seeds of one model said, quantile by quantile: steadier than any of them. */
import type { ForecastTable } from './forecast-table.ts';

export function meanTable(tables: readonly ForecastTable[]): ForecastTable {
  const [first] = tables as readonly [ForecastTable, ...ForecastTable[]];
  const quantiles = first.quantiles.map((own, series) =>
    own.map((_, at) => {
      const said = tables.map((table) => table.quantiles[series]?.[at] ?? NaN).filter((value) => !Number.isNaN(value));
      return said.length === 0 ? NaN : said.reduce((sum, value) => sum + value, 0) / said.length;
    }),
  );
  const sum = (numberOf: (table: ForecastTable) => number) => tables.reduce((total, table) => total + numberOf(table), 0);
  return {
    model: first.model,
    quantiles,
    refusals: first.refusals,
    cost: {
      fits: sum(({ cost }) => cost.fits),
      fitMs: sum(({ cost }) => cost.fitMs),
      predictions: sum(({ cost }) => cost.predictions),
      predictMs: sum(({ cost }) => cost.predictMs),
    },
  };
}
