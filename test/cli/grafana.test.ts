/** The dashboard of Grafana shows only what processes export, and names lines by labels that they have. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { faultsOf, labelsLeft, seriesIn } from './promql.ts';

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const { panels } = JSON.parse(readFileSync('deploy/grafana/dashboards/seqcast.json', 'utf8')) as { readonly panels: readonly Panel[] };
const queries = panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));

describe('the dashboard of Grafana', () => {
  test.each(queries)('$title: $expr', ({ expr, legendFormat }) => {
    expect(faultsOf(expr)).toEqual([]);
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    expect(labelsLeft(expr)).toEqual(expect.arrayContaining(shown));
  });

  test('shows the four stages, the engines and the processes', () => {
    const shown = new Set(queries.flatMap(({ expr }) => seriesIn(expr)));
    expect(shown.size).toBeGreaterThan(15);
    for (const name of ['seqcast_issued_values_total', 'seqcast_forecasts_total', 'seqcast_open_shards', 'seqcast_stock_values']) {
      expect(shown).toContain(name);
    }
  });
});
