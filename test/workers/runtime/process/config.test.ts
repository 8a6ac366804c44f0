/** Where settings come from, which wins, and that everything wrong is said at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SequenceError } from '../../../../core/errors.ts';
import { type ConfigSources, loadConfig, serverUrl } from '../../../../workers/runtime/process/config.ts';
import { CONFIG_OPTIONS } from '../../../../workers/runtime/process/config-schema.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'seqcast-config-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function load(sources: ConfigSources = {}) {
  return loadConfig({ env: {}, directory, ...sources });
}

async function problemsOf(sources: ConfigSources): Promise<readonly string[]> {
  try {
    await load(sources);
  } catch (error) {
    if (error instanceof SequenceError && error.code === 'SEQ_CONFIG_INVALID') return error.details.problems as string[];
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('have defaults', async () => {
    expect(await load()).toEqual({
      dataDir: '.seqcast',
      host: '127.0.0.1',
      port: 7070,
      streamsPerSequence: 1_000,
      insecure: false,
      requireKeys: false,
      connectionsMax: 10_000,
      roles: 'gateway,allocator,forecaster,filler,jobs',
      kafkaTls: false,
      redisCluster: false,
      transactionsHost: '127.0.0.1',
      transactionsPort: 0,
      pool: 'pool-0',
      poolOperationsPerSecond: 20_000,
      poolValues: 1_000_000_000_000,
      poolMemoryMb: 1_024,
      routes: 'redis',
      forecastRefreshMs: 60_000,
      trainings: true,
      replyTopics: 'seqcast.values',
      logLevel: 'info',
      demo: false,
      speedUp: 3_600,
      days: 21,
    });
  });

  it.each(['yaml', 'yml', 'json'])('come from seqcast.config.%s', async (extension) => {
    write(`seqcast.config.${extension}`, extension === 'json' ? '{"port": 8080, "partitions": 8}' : 'port: 8080\npartitions: 8\n');
    expect(await load()).toMatchObject({ port: 8080, partitions: 8 });
  });

  it('come from flags before variables before the file', async () => {
    write('seqcast.config.yaml', 'port: 1\nhost: file\ndataDir: file\n');
    const env = { SEQCAST_PORT: '2', SEQCAST_HOST: 'variable', SEQCAST_DEMO: 'true', SEQCAST_DAYS: '' };
    expect(await load({ env, flags: { port: '3', speedUp: '1.5' } })).toMatchObject({
      port: 3,
      host: 'variable',
      dataDir: 'file',
      demo: true,
      days: 21,
      speedUp: 1.5,
    });
  });

  it('come from the file that is named', async () => {
    write('seqcast.config.yaml', 'port: 1\n');
    const named = write('other.yaml', 'port: 2\n');
    expect((await load({ file: named })).port).toBe(2);
    expect((await load({ env: { SEQCAST_CONFIG: named } })).port).toBe(2);
  });

  it('may be a file of comments only', async () => {
    write('seqcast.config.yaml', '# port: 1\n');
    expect((await load()).port).toBe(7070);
  });

  it('leave other variables alone', async () => {
    expect(await problemsOf({ env: { SEQCAST_SERVICE_HOST: '10.0.0.1', SEQCAST_URL: 'http://a', PORT: 'x' } })).toEqual([]);
  });
});

describe('wrong settings', () => {
  it('are all listed at once, each with where it stands', async () => {
    const file = write('seqcast.config.yaml', 'prot: 1\nhost: 7\nstreamsPerSequence: 0\n');
    const env = { SEQCAST_PORT: 'http', SEQCAST_DEMO: 'yes' };
    const problems = await problemsOf({ env, flags: { logLevel: 'loud', days: '22' } });
    expect([...problems].sort()).toEqual(
      [
        '--days is 22, should be number, above 0 to 21',
        '--log-level is "loud", should be fatal, error, warn, info, debug, trace, silent',
        'SEQCAST_DEMO is "yes", should be boolean',
        'SEQCAST_PORT is "http", should be integer, 0 to 65535',
        `${file}: host is 7, should be string`,
        `${file}: prot is not a setting: known are ${CONFIG_OPTIONS.map(({ key }) => key).join(', ')}`,
        `${file}: streamsPerSequence is 0, should be integer, 1 to 100000`,
      ].sort(),
    );
  });

  it('explain the port that Kubernetes sets', async () => {
    expect(await problemsOf({ env: { SEQCAST_PORT: 'tcp://10.0.0.1:7070' } })).toEqual([
      expect.stringContaining('enableServiceLinks: false'),
    ]);
  });

  it.each([
    ['seqcast.config.json', '{"port": ', /seqcast\.config\.json: .*JSON/],
    ['seqcast.config.yaml', 'port: [1', /seqcast\.config\.yaml: /],
    ['seqcast.config.yaml', '- port', /is not a list of settings$/],
  ])('in %s: %j', async (name, text, message) => {
    write(name, text);
    expect(await problemsOf({})).toEqual([expect.stringMatching(message)]);
  });

  it('are two files, or none where one is named', async () => {
    write('seqcast.config.json', '{}');
    write('seqcast.config.yaml', '');
    expect(await problemsOf({})).toEqual([expect.stringContaining('both exist')]);
    expect(await problemsOf({ file: join(directory, 'nothing.yaml') })).toEqual([expect.stringContaining('nothing.yaml: ENOENT')]);
  });
});

describe('the address of the server', () => {
  it('is the flag, the variable, or the default', () => {
    expect(serverUrl('http://flag', { SEQCAST_URL: 'http://variable' })).toBe('http://flag');
    expect(serverUrl(undefined, { SEQCAST_URL: 'http://variable' })).toBe('http://variable');
    expect(serverUrl(undefined, {})).toBe('http://127.0.0.1:7070');
  });
});
