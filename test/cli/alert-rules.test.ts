/**
 * The alert rules ask only for what processes export: every metric is in the reference, is of the kind that its function wants, and has the
 * labels that the rule reads. Kinds and labels are taken from where metrics are registered, since the page of the workers does not list them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ERROR_CODES } from '../../core/errors.ts';
import { sourceFiles } from '../../scripts/source-files.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}

interface Metric {
  readonly kind: string;
  readonly labels: ReadonlySet<string>;
}

const text = readFileSync('deploy/alerts.yml', 'utf8');
const { groups } = parse(text) as { readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const prometheus = parse(readFileSync('deploy/prometheus.yml', 'utf8')) as {
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly { readonly job_name: string; readonly relabel_configs: readonly { readonly target_label: string }[] }[];
};
/** What Prometheus adds to every series: these two, and what our own configuration says. */
const OF_TARGETS = ['job', 'instance', ...prometheus.scrape_configs.flatMap((each) => each.relabel_configs.map((own) => own.target_label))];
const FUNCTIONS = ['rate', 'increase', 'delta', 'histogram_quantile', 'absent', 'sum', 'min', 'max'];
const WORDS = ['by', 'and', 'or', 'unless'];
const KIND_OF_CALL = { counts: 'counter', count: 'counter', gauges: 'gauge', gauge: 'gauge', times: 'histogram' } as const;

/** Metrics as the code registers them, and as the page has them whose rows say kind and labels. */
function registered(): Map<string, Metric> {
  const found = new Map<string, Metric>();
  const call = /\.(counts|count|gauges|gauge|times)\(\s*'([a-z_]+)',\s*(?:'[^']*'|"[^"]*"|help),\s*(?:\[([^\]]*)\])?/g;
  const code = sourceFiles().filter((file) => file.startsWith('workers/'));
  for (const file of code) {
    for (const [, method = '', name = '', labels = ''] of readFileSync(file, 'utf8')
      .replaceAll(/\)\s*;/g, ',);')
      .matchAll(call)) {
      const kind = KIND_OF_CALL[method as keyof typeof KIND_OF_CALL];
      found.set(`seqcast_${name}`, { kind, labels: new Set(labels.match(/\w+/g) ?? []) });
    }
  }
  const rows = readFileSync('docs/reference/metrics.md', 'utf8').matchAll(/^\| `(\w+)` \| (\w+) \| ([\w, ]*) \|/gm);
  for (const [, name = '', kind = '', labels = ''] of rows) found.set(name, { kind, labels: new Set(labels.match(/\w+/g) ?? []) });
  return found;
}

const metrics = registered();
const pages = ['metrics', 'worker-metrics'].map((page) => readFileSync(`docs/reference/${page}.md`, 'utf8')).join('\n');

/** Names of series in an expression: what stays when words, functions, text, labels and spans of time are taken away. */
function seriesIn(expr: string): string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, '').replaceAll(/\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)/g, ' ');
  const names = bare.match(/[a-z_][a-z_0-9]*(?!\w)\s*\(?/g) ?? [];
  return names.filter((name) => !name.endsWith('(') && !WORDS.includes(name.trim())).map((name) => name.trim());
}

function metricOf(series: string): Metric {
  if (series === 'up') return { kind: 'gauge', labels: new Set() };
  const base = series.replace(/_bucket$/, '');
  const metric = metrics.get(base);
  if (metric === undefined) throw new Error(`nothing exports ${base}`);
  if (base === series) return metric;
  return { kind: `bucket of a ${metric.kind}`, labels: new Set([...metric.labels, 'le']) };
}

const labelsOf = (series: string): string[] => [...metricOf(series).labels, ...OF_TARGETS];
const groupedBy = (expr: string): string[][] => [...expr.matchAll(/\bby \(([^)]*)\)/g)].map(([, names = '']) => names.match(/\w+/g) ?? []);

/** Each kind of bracket closes where it should, and text ends. */
function isBalanced(expr: string): boolean {
  const open: string[] = [];
  const pairs: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
  for (const sign of expr.replaceAll(/"[^"]*"/g, '')) {
    if ('([{'.includes(sign)) open.push(sign);
    else if (pairs[sign] !== undefined && open.pop() !== pairs[sign]) return false;
    else if (sign === '"') return false;
  }
  return open.length === 0;
}

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
    expect(isBalanced(expr)).toBe(true);
    for (const [, name = ''] of expr.matchAll(/([a-z_]+)\(/g)) expect(FUNCTIONS).toContain(name);
    const series = seriesIn(expr);
    expect(series.length).toBeGreaterThan(0);
    for (const name of series) {
      if (name !== 'up') expect(pages).toContain(`| \`${name.replace(/_bucket$/, '')}\` |`);
      for (const by of groupedBy(expr)) expect(labelsOf(name), name).toEqual(expect.arrayContaining(by));
    }
    for (const [, name = '', chosen = ''] of expr.matchAll(/(\w+)\{([^}]*)\}/g)) {
      const read = [...chosen.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
      expect(read.length).toBeGreaterThan(0);
      expect(labelsOf(name), name).toEqual(expect.arrayContaining(read));
    }
    const shown = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    const kept = groupedBy(expr).length > 0 ? groupedBy(expr).flat() : series.flatMap(labelsOf);
    expect(kept).toEqual(expect.arrayContaining(shown));
  });

  test('takes rates of counters, and changes of gauges', () => {
    const spans = rules.flatMap(({ expr }) => [...expr.matchAll(/(\w+)\((\w+)(?:\{[^}]*\})?\[\d+[mh]\]\)/g)]);
    expect(spans.length).toBeGreaterThan(6);
    for (const [, name, series = ''] of spans) {
      const kind = name === 'delta' ? /^gauge$/ : /^counter$|^bucket of a histogram$/;
      expect(metricOf(series).kind, series).toMatch(kind);
    }
  });

  test('names error codes, quantiles, commands and pages that exist', () => {
    for (const code of text.match(/\bSEQ_[A-Z_]+/g) ?? []) expect(ERROR_CODES).toContain(code);
    const forecast = /^\| `seqcast_sequence_exhaustion_seconds` .*$/m.exec(pages)?.[0] ?? '';
    for (const [, level] of text.matchAll(/quantile="([\d.]+)"/g)) expect(forecast).toContain(`(${level})`);
    const commands = readFileSync('docs/reference/cli.md', 'utf8');
    for (const [command] of text.matchAll(/(?<=`seqcast )[a-z]+( [a-z]+)?/g)) expect(commands).toContain(`## seqcast ${command}`);
    for (const [page] of text.matchAll(/docs\/[a-z-]+\/[a-z-]+\.md/g)) expect(existsSync(page), page).toBe(true);
  });

  test('would be refused if it named what nobody exports, or grouped by what is not there', () => {
    expect(() => metricOf('seqcast_stalls')).toThrow('nothing exports');
    expect(labelsOf('seqcast_dead_letters_total')).not.toContain('topic');
    expect(isBalanced('sum(rate(a[5m])')).toBe(false);
    expect(seriesIn('sum by (le) (rate(a_bucket{x="y z"}[5m])) / b > 3 and c')).toEqual(['a_bucket', 'b', 'c']);
  });
});
