/** The catalogue of metrics: its names follow the rules, nothing else makes a metric, and processes export what it says of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sourceFiles } from '../../../../scripts/source-files.ts';
import { createGateway } from '../../../../workers/gateway/gateway.ts';
import { LABELS, METRICS, type Metric } from '../../../../workers/runtime/observability/metric-catalogue.ts';
import { createLogger } from '../../../../workers/runtime/process/logging.ts';
import { opened, scratchDirectory } from '../../embedded/scratch-directory.ts';

const all = Object.entries<Metric>(METRICS);
/** Named before the rule was: what others read is not renamed. */
const HAS_LABEL_IN_NAME = [
  'seqcast_engine_up',
  'seqcast_pool_load_ratio',
  'seqcast_sequence_exhaustion_seconds',
  'seqcast_sequence_left_values',
];
const NO_BASE_UNIT = /_(ms|millis|milliseconds|micros|microseconds|minutes|hours|days|kb|mb|kilobytes|megabytes|percent|ppm)(_|$)/;

describe('the catalogue of metrics', () => {
  test.each(all)('%s is named by the rules', (name, { kind, labels, help, exporters }) => {
    expect(name).toMatch(/^seqcast(_[a-z]+)+$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    expect(name).not.toMatch(/_(count|sum|bucket|info|counter|gauge|histogram)$/);
    expect(name).not.toMatch(NO_BASE_UNIT);
    if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
    const words = name.split('_');
    expect(labels.some((label) => words.includes(label))).toBe(HAS_LABEL_IN_NAME.includes(name));
    for (const label of labels) expect(label).not.toMatch(/^(le|job|instance|role)$/);
    expect(new Set(labels).size).toBe(labels.length);
    expect(help).toMatch(/^[A-Z1].*[^.]\.$/);
    expect(exporters.length).toBeGreaterThan(0);
  });

  test('has no label that no metric has', () => {
    const used = new Set(all.flatMap(([, { labels }]) => labels));
    expect(Object.keys(LABELS).filter((label) => !used.has(label as keyof typeof LABELS))).toEqual([]);
  });

  test('is where metrics are made from: one file makes them, and all of them are shown', () => {
    const code = sourceFiles()
      .filter((file) => /^(core|schemas|models|pipelines|adapters|workers|client|cli)\//.test(file))
      .map((file) => [file, readFileSync(file, 'utf8')] as const);
    expect(code.length).toBeGreaterThan(300);
    const makers = code.filter(([, text]) => text.includes("from 'prom-client'")).map(([file]) => file);
    expect(makers).toEqual(['workers/runtime/observability/role-metrics.ts']);
    const writers = code.filter(([, text]) => /# (TYPE|HELP) /.test(text)).map(([file]) => file);
    expect(writers).toEqual(['workers/runtime/observability/exposition.ts']);
    const shown = code.flatMap(([, text]) =>
      [...text.matchAll(/(?:show\w*|times|xposition)\(\s*'(seqcast_\w+)'/g)].map(([, name]) => name),
    );
    expect(new Set(shown)).toEqual(new Set(all.map(([name]) => name)));
  });

  test('says what a process with a data directory exports, no more and no less', async () => {
    const dataDir = scratchDirectory();
    const models = { dir: join(dataDir, 'models'), isScheduled: false, logger: createLogger({ level: 'silent' }) };
    const service = await opened({ dataDir, models });
    await service.create('orders', {});
    await service.next({ sequence: 'orders', count: 3 });
    const gateway = createGateway({ service, logger: { error: () => undefined } });
    onTestFinished(() => gateway.close());
    const { body } = await gateway.inject('/metrics');
    const told = [...body.matchAll(/^# HELP (\S+) (.*)\n# TYPE \1 (\w+)$/gm)].filter(
      ([, name]) => !/^seqcast_(process|nodejs)_/.test(name ?? ''),
    );
    const expected = all.filter(([, { exporters }]) => exporters.includes('embedded'));
    expect(Object.fromEntries(told.map(([, name, help, kind]) => [name, { help, kind }]))).toEqual(
      Object.fromEntries(expected.map(([name, { help, kind }]) => [name, { help, kind }])),
    );
    expect(body).toContain('seqcast_issued_values_total{sequence="orders"} 3\n');
    expect(body).toContain('seqcast_gateway_next_total{waited="no"} 0\n');
  });
});
