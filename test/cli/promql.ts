/**
 * What an expression of Prometheus reads: series, labels that it chooses by and groups by. As much of the language as the alerts and the
 * dashboard use, held against the catalogue of metrics.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { METRICS, type Metric } from '../../workers/runtime/observability/metric-catalogue.ts';

interface Shape {
  readonly kind: string;
  readonly labels: readonly string[];
}

const prometheus = parse(readFileSync('deploy/prometheus.yml', 'utf8')) as {
  readonly scrape_configs: readonly { readonly relabel_configs: readonly { readonly target_label: string }[] }[];
};
/** What Prometheus adds to every series: these two, and what our own configuration says. */
const OF_TARGETS = ['job', 'instance', ...prometheus.scrape_configs.flatMap((each) => each.relabel_configs.map((own) => own.target_label))];
const FUNCTIONS = ['rate', 'increase', 'delta', 'histogram_quantile', 'absent', 'sum', 'min', 'max'];
const WORDS = ['by', 'and', 'or', 'unless'];
const SPAN_FUNCTIONS: Readonly<Record<string, RegExp>> = {
  delta: /^gauge$/,
  rate: /^counter$|^bucket of a histogram$/,
  increase: /^counter$|^bucket of a histogram$/,
};

/** Names of series in an expression: what stays when words, functions, text, labels and spans of time are taken away. */
export function seriesIn(expr: string): string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, '').replaceAll(/\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)|\b\d[\de.]*\b/g, ' ');
  const names = bare.match(/[a-z_][a-z_0-9]*(?!\w)\s*\(?/g) ?? [];
  return names.filter((name) => !name.endsWith('(') && !WORDS.includes(name.trim())).map((name) => name.trim());
}

const groupedBy = (expr: string): string[] =>
  [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.match(/\w+/g) ?? []);

/** What is exported under a name; figures of the Node process are prom-client's, and have no labels that we read. */
function shapeOf(series: string): Shape {
  if (series === 'up' || series.startsWith('seqcast_process_')) return { kind: 'gauge', labels: OF_TARGETS };
  const base = series.replace(/_bucket$/, '');
  const metric: Metric | undefined = (METRICS as Readonly<Record<string, Metric>>)[base];
  if (metric === undefined || (base !== series) !== (metric.kind === 'histogram')) throw new Error(`nothing exports ${series}`);
  const labels = [...metric.labels, ...OF_TARGETS];
  return base === series ? { kind: metric.kind, labels } : { kind: 'bucket of a histogram', labels: [...labels, 'le'] };
}

/** Labels that the answer still has. */
export function labelsLeft(expr: string): string[] {
  const groups = groupedBy(expr);
  return groups.length > 0 ? groups : seriesIn(expr).flatMap((name) => [...shapeOf(name).labels]);
}

/** What is wrong with an expression, in words; nothing where it can be asked. */
export function faultsOf(expr: string): string[] {
  const series = seriesIn(expr);
  const functions = [...expr.matchAll(/([a-z_]+)\(/g)].map(([, name = '']) => name);
  const chosen = [...expr.matchAll(/(\w+)\{([^}]*)\}/g)].map(([, name = '', labels = '']) => {
    return [name, [...labels.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label)] as const;
  });
  const spans = [...expr.matchAll(/(\w+)\((\w+)(?:\{[^}]*\})?\[[^\]]+\]\)/g)];
  return [
    ...(isBalanced(expr) ? [] : ['brackets do not close']),
    ...(series.length > 0 ? [] : ['reads nothing']),
    ...functions.filter((name) => !FUNCTIONS.includes(name)).map((name) => `unknown function ${name}`),
    ...series.flatMap((name) => absent(name, groupedBy(expr))),
    ...chosen.flatMap(([name, labels]) => absent(name, labels)),
    ...spans.flatMap(([, name = '', read = '']) =>
      SPAN_FUNCTIONS[name]?.test(shapeOf(read).kind) === true ? [] : [`${name} of a ${shapeOf(read).kind}`],
    ),
  ];
}

function absent(series: string, labels: readonly string[]): string[] {
  const { labels: known } = shapeOf(series);
  return labels.filter((label) => !known.includes(label)).map((label) => `${series} has no label ${label}`);
}

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
