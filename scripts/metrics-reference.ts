/** The reference page of the metrics, drawn from the registry as a process fills it, and from the gateway's own text. */
import { GatewayCounts } from '../workers/gateway/gateway-counts.ts';
import { countForecasting } from '../workers/runtime/forecasting/forecasting.ts';
import type { Refresher } from '../workers/runtime/forecasting/refresher.ts';
import { Metrics, type MetricsSources } from '../workers/runtime/metrics.ts';
import { type CountedPool, countReservations } from '../workers/runtime/reservations/reservation-metrics.ts';
import { countShardIndex } from '../workers/runtime/shard-index/index-metrics.ts';
import type { ShardIndex } from '../workers/runtime/shard-index/shard-index.ts';
import type { ModelDirectory } from '../workers/runtime/training/model-directory.ts';
import { countModels } from '../workers/runtime/training/model-parts.ts';
import { countValueSpace, type ExhaustionWatch } from '../workers/runtime/value-space/exhaustion-watch.ts';

interface Row {
  readonly name: string;
  readonly type: string;
  readonly labels: string;
  readonly help: string;
}

export function metricsReference(): string {
  const rows = [...processRows(), ...gatewayRows()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    '# Metrics',
    '',
    '<!-- Written by `npm run docs` from workers/runtime/metrics.ts and workers/gateway/gateway-counts.ts: change them there. -->',
    '',
    'Served at `/metrics` in Prometheus text format, beside the usual figures of the Node process (`seqcast_process_*`,',
    '`seqcast_nodejs_*`). Times are in seconds. The only labels are sequences, whose number is bounded, and closed lists.',
    '',
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
    ...rows.map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels} | ${help} |`),
    '',
  ].join('\n');
}

/** Nothing is read while the page is drawn, so nothing needs to be there to be read. */
function processRows(): Row[] {
  const nothing = { pool: { streams: new Map() }, reader: {}, counts: {}, forecasts: {} } as unknown as MetricsSources;
  const metrics = new Metrics(nothing);
  countModels(metrics, { directory: {} as ModelDirectory });
  countForecasting(metrics, nothing.forecasts, {} as Refresher);
  countValueSpace(metrics, {} as ExhaustionWatch);
  countShardIndex(metrics, {} as ShardIndex);
  countReservations(metrics, { counts: {} } as unknown as CountedPool);
  const { registry } = metrics;
  const described = registry.getMetricsAsArray() as unknown as { name: string; help: string; labelNames?: string[] }[];
  return described
    .filter(({ name }) => !/^seqcast_(process|nodejs)_/.test(name))
    .map((metric) => ({
      name: metric.name,
      type: metric.constructor.name.toLowerCase(),
      labels: (metric.labelNames ?? []).join(', '),
      help: metric.help,
    }));
}

function gatewayRows(): Row[] {
  const lines = new GatewayCounts().text().split('\n');
  const helps = lines.map((line) => /^# HELP (\S+) (.*)$/.exec(line)).filter((match) => match !== null);
  return helps.map(([, name = '', help = '']) => {
    const type = lines.map((line) => new RegExp(`^# TYPE ${name} (\\w+)$`).exec(line)?.[1]).find((each) => each !== undefined) ?? '';
    const labels = /by whether/.test(help) ? 'waited' : /by its code/.test(help) ? 'code' : '';
    return { name, type, labels, help };
  });
}
