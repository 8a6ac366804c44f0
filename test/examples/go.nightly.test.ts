/** The recipes in Go, each run as its first lines say. Nightly: nothing else here needs Go. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createGateway } from '../../workers/gateway/gateway.ts';
import { listen } from '../../workers/gateway/listening.ts';
import { RedisPool } from '../client/redis-pool.ts';
import { engineOrSkip } from '../engines/engines.ts';
import { opened } from '../workers/embedded/scratch-directory.ts';

const isThere = spawnSync('go', ['version']).status === 0;
const redis = engineOrSkip('redis');

// The first of them compiles Go's own library, which takes minutes where others want the processor.
describe.skipIf(!isThere)('the recipes in Go (need Go)', { timeout: 600_000 }, () => {
  let cache = '';
  beforeAll(() => {
    cache = mkdtempSync(join(tmpdir(), 'seqcast-go-'));
  });
  // What Go keeps it makes read-only.
  afterAll(() => rmSync(cache, { recursive: true, force: true, maxRetries: 3 }));

  async function go(verb: 'run' | 'vet', file: string, ...args: string[]): Promise<string> {
    const env = { ...process.env, GOCACHE: cache, GOFLAGS: '', GO111MODULE: 'auto', GOTOOLCHAIN: 'local' };
    return (await promisify(execFile)('go', [verb, `examples/clients/${file}`, ...args], { env })).stdout;
  }

  function ids(output: string, count: number): number[] {
    const values = output.trim().split('\n').map(Number);
    expect(values).toHaveLength(count);
    expect(new Set(values).size).toBe(count);
    expect(values.every((value) => Number.isSafeInteger(value) && value > 0)).toBe(true);
    return values;
  }

  test('are written as Go formats and vets them', async () => {
    const formatted = spawnSync('gofmt', ['-l', 'examples/clients'], { encoding: 'utf8' });
    expect([formatted.status, formatted.stdout]).toEqual([0, '']);
    for (const file of ['ids_over_http.go', 'ids_from_redis.go']) expect(await go('vet', file)).toBe('');
  });

  test('take different values over HTTP, and say why they get none', async () => {
    const service = await opened();
    await service.create('orders', {});
    const gateway = createGateway({ service, logger: { error: () => undefined } });
    const { url } = await listen(gateway, { host: '127.0.0.1', port: 0 });
    onTestFinished(() => gateway.close());
    const [one, other] = [
      await go('run', 'ids_over_http.go', url, 'orders', '250'),
      await go('run', 'ids_over_http.go', url, 'orders', '50'),
    ];
    expect(new Set([...ids(one, 250), ...ids(other, 50)]).size).toBe(300);
    await expect(go('run', 'ids_over_http.go', url, 'none', '1')).rejects.toThrow('SEQ_UNKNOWN_SEQUENCE');
  });

  test.skipIf(!redis.available)('take values straight from Redis, and wait for an empty stock', async () => {
    const pool = await RedisPool.start('pool-a');
    const address = pool.redis.url.replace('redis://', '');
    const output = go('run', 'ids_from_redis.go', address, 'orders', '80');
    while ((await pool.waiting('orders/go/example')) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await pool.load('orders/go/example', 100);
    ids(await output, 80);
    expect(await pool.unissued('orders/go/example')).toBe(20);
    await expect(go('run', 'ids_from_redis.go', address, 'orders', '20000')).rejects.toThrow('Redis refuses: SEQ_INVALID_COUNT');
  });
});
