/** What Prometheus' own tool says of the alerts, the dashboard and the metrics. It comes with Prometheus; nothing else here needs that. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { createGateway } from '../../workers/gateway/gateway.ts';
import { opened } from '../workers/embedded/scratch-directory.ts';

const isThere = spawnSync('promtool', ['--version']).status === 0;

/** Whatever it wrote, and how it ended. */
function promtool(args: readonly string[], input = ''): { readonly code: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', [...args], { input, encoding: 'utf8' });
  return { code: status, text: `${stdout}${stderr}` };
}

describe.skipIf(!isThere)('promtool (needs Prometheus)', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'seqcast-promtool-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('finds nothing wrong with the configuration, and reads every alert', () => {
    const { code, text } = promtool(['check', 'config', 'deploy/prometheus.yml']);
    expect(text).toMatch(/SUCCESS: \d\d rules found/);
    expect(code).toBe(0);
  });

  test('can ask what the dashboard asks', () => {
    const { panels } = JSON.parse(readFileSync('deploy/grafana/dashboards/seqcast.json', 'utf8')) as {
      readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    };
    const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m')));
    const file = join(dir, 'dashboard.yml');
    const rules = asked.map((expr, at) => ({ record: `dashboard:query:${at}`, expr }));
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { code, text } = promtool(['check', 'rules', file]);
    expect(text).toContain(`SUCCESS: ${asked.length} rules found`);
    expect(code).toBe(0);
  });

  test('finds nothing to better in the metrics of a process', async () => {
    const service = await opened();
    await service.create('orders', {});
    await service.next({ sequence: 'orders', count: 3 });
    const gateway = createGateway({ service, logger: { error: () => undefined } });
    onTestFinished(() => gateway.close());
    const { body } = await gateway.inject('/metrics');
    const { text } = promtool(['check', 'metrics'], body);
    // Figures of the Node process are prom-client's, and named as it names them.
    expect(text.split('\n').filter((line) => line !== '' && !/^seqcast_(process|nodejs)_/.test(line))).toEqual([]);
  });
});
