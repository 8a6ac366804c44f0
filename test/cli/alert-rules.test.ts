/**
 * The alert rules ask only for what processes export: every metric is in the catalogue and in the reference, is of the kind that its function
 * wants, and has the labels that the rule reads.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ERROR_CODES } from '../../core/errors.ts';
import { faultsOf, labelsLeft, seriesIn } from './promql.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}

const text = readFileSync('deploy/alerts.yml', 'utf8');
const { groups } = parse(text) as { readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const prometheus = parse(readFileSync('deploy/prometheus.yml', 'utf8')) as {
  readonly rule_files: readonly string[];
};
const pages = ['metrics', 'worker-metrics'].map((page) => readFileSync(`docs/reference/${page}.md`, 'utf8')).join('\n');

describe('deploy/alerts.yml', () => {
  test('is loaded by Prometheus from where compose mounts it', () => {
    expect(prometheus.rule_files).toEqual(['alerts.yml']);
    const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true });
    expect(compose.services.prometheus.volumes).toContain('./deploy/alerts.yml:/etc/prometheus/alerts.yml:ro');
    expect(compose.services.prometheus.volumes).toContain('./deploy/prometheus.yml:/etc/prometheus/prometheus.yml:ro');
  });

  test('has each alert once, which says how urgent it is, what happens and what to do', () => {
    expect(rules.length).toBeGreaterThan(15);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations, ...rule } of rules) {
      expect(alert).toMatch(/^Seqcast([A-Z][a-z0-9]*)+$/);
      expect(['page', 'ticket'], alert).toContain(labels.severity);
      expect(rule.for ?? '1m', alert).toMatch(/^\d+[smh]$/);
      for (const said of [annotations.summary, annotations.action]) expect(said, alert).toMatch(/^\S.*\.$/s);
    }
  });

  test.each(rules)('$alert reads series that are exported, by labels that they have', ({ expr, annotations }) => {
    expect(faultsOf(expr)).toEqual([]);
    for (const name of seriesIn(expr)) {
      if (name !== 'up') expect(pages).toContain(`| \`${name.replace(/_bucket$/, '')}\` |`);
    }
    const shown = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(labelsLeft(expr)).toEqual(expect.arrayContaining(shown));
  });

  test('names error codes, quantiles, commands and pages that exist', () => {
    for (const code of text.match(/\bSEQ_[A-Z_]+/g) ?? []) expect(ERROR_CODES).toContain(code);
    const forecast = /^\| `seqcast_sequence_exhaustion_seconds` .*$/m.exec(pages)?.[0] ?? '';
    for (const [, level] of text.matchAll(/quantile="([\d.]+)"/g)) expect(forecast).toContain(`(${level})`);
    const commands = readFileSync('docs/reference/cli.md', 'utf8');
    for (const [command] of text.matchAll(/(?<=`seqcast )[a-z]+( [a-z]+)?/g)) expect(commands).toContain(`## seqcast ${command}`);
    for (const [page] of text.matchAll(/docs\/[a-z-]+\/[a-z-]+\.md/g)) expect(existsSync(page), page).toBe(true);
  });

  test('would be refused if it named what nobody exports, or read what is not there', () => {
    expect(() => faultsOf('seqcast_stalls > 1')).toThrow('nothing exports');
    expect(() => faultsOf('seqcast_lead_time_seconds > 1')).toThrow('nothing exports');
    expect(() => faultsOf('rate(seqcast_stock_values_bucket[5m])')).toThrow('nothing exports');
    expect(faultsOf('max by (topic) (seqcast_dead_letters_total)')).toEqual(['seqcast_dead_letters_total has no label topic']);
    expect(faultsOf('seqcast_stock_values{pool="a"}')).toEqual(['seqcast_stock_values has no label pool']);
    expect(faultsOf('rate(seqcast_stock_values[5m])')).toEqual(['rate of a gauge']);
    expect(faultsOf('delta(seqcast_stalls_total[5m])')).toEqual(['delta of a counter']);
    expect(faultsOf('sum(rate(seqcast_stalls_total[5m])')).toEqual(['brackets do not close']);
    expect(seriesIn('1e6 * sum by (le) (rate(a_bucket{x="y z"}[5m])) / b > 3 and c')).toEqual(['a_bucket', 'b', 'c']);
  });
});
