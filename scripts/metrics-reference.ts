/** The reference pages of the metrics, drawn from their catalogue: one for processes with a data directory, one for those on Kafka and Redis. */
import {
  BUCKETS_S,
  type Exporter,
  LABELS,
  type LabelName,
  METRICS,
  type Metric,
} from '../workers/runtime/observability/metric-catalogue.ts';

type Named = readonly [name: string, metric: Metric];

const SOURCE = 'workers/runtime/observability/metric-catalogue.ts';
const ALL: readonly Named[] = Object.entries<Metric>(METRICS).sort(([a], [b]) => (a < b ? -1 : 1));
const WORKERS: readonly Exporter[] = ['gateway', 'allocator', 'forecaster', 'filler', 'jobs'];

export function metricsReference(): string {
  const rows = ALL.filter(([, { exporters }]) => exporters.includes('embedded'));
  return page([
    '# Metrics',
    '',
    `<!-- Written by \`npm run docs\` from ${SOURCE}: change them there. -->`,
    '',
    'Served at `/metrics` in Prometheus text format, beside the usual figures of the Node process (`seqcast_process_*`,',
    '`seqcast_nodejs_*`). Times are in seconds. The only labels are sequences, whose number is bounded, and closed lists.',
    'Processes on Kafka and Redis have those of [workers](worker-metrics.md).',
    '',
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
    ...rows.map(([name, { kind, labels, help }]) => `| \`${name}\` | ${kind} | ${labels.join(', ')} | ${help} |`),
    '',
    ...labelsOf(rows),
    '',
    ...buckets(rows),
  ]);
}

export function workerMetricsReference(): string {
  const rows = ALL.filter(([, { exporters }]) => exporters.some((each) => WORKERS.includes(each)));
  return page([
    '# Metrics of workers',
    '',
    `<!-- Written by \`npm run docs\` from ${SOURCE}: change them there. -->`,
    '',
    'What processes on Kafka and Redis export at `/metrics`, beside `seqcast_process_*` and `seqcast_nodejs_*`. A process has those of',
    'its roles. Labels are sequences, pools, topics and closed lists, whose number is bounded; never streams or clients. The transaction',
    'pool is run by fillers that know a PostgreSQL. The metrics of a process with a data directory are in [metrics.md](metrics.md).',
    '',
    '| metric | type | labels | roles | meaning |',
    '|---|---|---|---|---|',
    ...rows.map(
      ([name, { kind, labels, exporters, help }]) => `| \`${name}\` | ${kind} | ${labels.join(', ')} | ${rolesText(exporters)} | ${help} |`,
    ),
    '',
    ...labelsOf(rows),
    '',
    ...buckets(rows),
  ]);
}

function rolesText(exporters: readonly Exporter[]): string {
  const roles = WORKERS.filter((role) => exporters.includes(role));
  return roles.length === WORKERS.length ? 'all' : roles.join(', ');
}

function labelsOf(rows: readonly Named[]): string[] {
  const used = new Set(rows.flatMap(([, { labels }]) => labels));
  const told = (Object.keys(LABELS) as LabelName[]).filter((label) => used.has(label));
  return ['| label | its values |', '|---|---|', ...told.map((label) => `| \`${label}\` | ${LABELS[label]} |`)];
}

function buckets(rows: readonly Named[]): string[] {
  const names = rows.flatMap(([name, { kind }]) => (kind === 'histogram' ? [`\`${name}\``] : []));
  return [`Buckets of ${names.join(', ')}, in seconds:`, `${BUCKETS_S.join(', ')}.`];
}

function page(lines: readonly string[]): string {
  return [...lines, ''].join('\n');
}
