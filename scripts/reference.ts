/**
 * Writes the reference pages that are drawn from the code (`npm run docs`). A test compares the pages with what this would write,
 * so they cannot drift.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { benchmarksReference } from './benchmarks-reference.ts';
import { capacityGuide } from './capacity-model.ts';
import { cliReference } from './cli-reference.ts';
import { configReference } from './config-reference.ts';
import { errorReference } from './error-reference.ts';
import { httpReference } from './http-reference.ts';
import { metricsReference, workerMetricsReference } from './metrics-reference.ts';
import { topologyReference } from './topology-reference.ts';

export const REFERENCE_PAGES: Readonly<Record<string, () => string>> = {
  'docs/guides/capacity.md': capacityGuide,
  'docs/reference/benchmarks.md': benchmarksReference,
  'docs/reference/cli.md': cliReference,
  'docs/reference/config.md': configReference,
  'docs/reference/errors.md': errorReference,
  'docs/reference/http.md': httpReference,
  'docs/reference/metrics.md': metricsReference,
  'docs/reference/topology.md': topologyReference,
  'docs/reference/worker-metrics.md': workerMetricsReference,
};

if (process.argv[1] === import.meta.filename) {
  for (const [path, page] of Object.entries(REFERENCE_PAGES)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, page());
  }
}
