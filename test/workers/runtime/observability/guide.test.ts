/** What docs/guides/observability.md shows is run as it stands there, and what it says of the alerts is so. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { createGateway } from '../../../../workers/gateway/gateway.ts';
import { listen } from '../../../../workers/gateway/listening.ts';
import { ATTRIBUTES } from '../../../../workers/runtime/observability/attributes.ts';
import { CONFIG_OPTIONS } from '../../../../workers/runtime/process/config-schema.ts';
import { opened, scratchDirectory } from '../../embedded/scratch-directory.ts';

const GUIDE = readFileSync('docs/guides/observability.md', 'utf8');
const alerts = parse(readFileSync('deploy/alerts.yml', 'utf8')) as { readonly groups: readonly { readonly name: string }[] };

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(GUIDE)?.[1] ?? '';
}

describe('the guide to observability', () => {
  test('scrapes', async () => {
    const service = await opened();
    await service.create('orders', {});
    await service.next({ sequence: 'orders', count: 3 });
    const gateway = createGateway({ service, logger: { error: () => undefined } });
    const { url } = await listen(gateway, { host: '127.0.0.1', port: 0 });
    onTestFinished(() => gateway.close());
    const shown = block('sh').replace('http://127.0.0.1:7070', url);
    const { stdout } = await promisify(execFile)('sh', ['-c', shown]);
    expect(stdout).toContain('seqcast_requests_total{sequence="orders"} 1\n');
  });

  test('configures Prometheus so that the alerts find what they ask for', () => {
    const { rule_files, scrape_configs } = parse(block('yaml'));
    const [{ job_name, metrics_path, static_configs }] = scrape_configs;
    expect(rule_files).toEqual(['alerts.yml']);
    expect(readFileSync('deploy/alerts.yml', 'utf8')).toContain(`up{job="${job_name}"}`);
    expect(metrics_path).toBe('/metrics');
    const port = CONFIG_OPTIONS.find(({ key }) => key === 'port')?.fallback;
    expect(static_configs).toEqual([{ targets: [`127.0.0.1:${port}`], labels: { role: 'gateway' } }]);
  });

  test('has every group of alerts, and every attribute of a span', () => {
    const rows = [...GUIDE.matchAll(/^\| `(seqcast-[a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(alerts.groups.map(({ name }) => name));
    for (const name of Object.values(ATTRIBUTES)) expect(GUIDE).toContain(`\`${name}\``);
  });

  test('listens: its file says who waited, and for what', async () => {
    const file = join(scratchDirectory(), 'watch.mjs');
    writeFileSync(file, block('js'));
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => said.mockRestore());
    await import(pathToFileURL(file).href);
    const seqcast = await opened();
    await seqcast.create('orders', {});
    await seqcast.next({ sequence: 'orders', count: 5, clientType: 'web' });
    expect(said.mock.calls).toEqual([[expect.stringMatching(/^orders\/web\/default waited \d+\.\d ms for \d+ values$/)]]);
  });
});
