/** The main job: real demand through the whole flow, sped up, with its summary beside two other rules on the same trace. */
import { describe, expect, test } from 'vitest';
import { post, scratchDirectory, seqcast, startServer } from './server.ts';

interface StreamSummary {
  readonly stream: string;
  readonly factor: number;
  readonly requests: number;
  readonly ours: { stalledPpm: number; meanIdle: number };
  readonly rivals: readonly { rival: string; stalledPpm: number; meanIdle: number }[];
}

interface KindSummary {
  readonly way: string;
  readonly kind: string;
  readonly calls: number;
  readonly duplicates: number;
  readonly missing?: number;
  readonly highest?: number;
  readonly fault?: string;
}

interface Summary {
  readonly streams: StreamSummary[];
  readonly kinds: KindSummary[];
}

function summaryIn(output: string): Summary | undefined {
  for (const line of output.split('\n')) {
    if (!line.startsWith('{') || !line.includes('"rivals"')) continue;
    return JSON.parse(line) as Summary;
  }
  return undefined;
}

describe('seqcast up --demo', () => {
  test('replays the bundled trace as three streams, sums up beside two rivals, and keeps serving', async () => {
    const dataDir = scratchDirectory();
    const server = await startServer(dataDir, '--demo', '--days', '0.35', '--speed-up', '3600');
    while (summaryIn(server.output()) === undefined) {
      expect(server.process.exitCode).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { streams, kinds } = summaryIn(server.output()) as Summary;
    expect(streams.map((each) => each.factor)).toEqual([1, 50, 500]);
    for (const stream of streams) {
      expect(stream.requests).toBeGreaterThan(500);
      expect(stream.rivals).toHaveLength(2);
      expect(stream.ours.meanIdle).toBeGreaterThan(0);
    }
    expect(kinds.map(({ way, kind, duplicates, fault }) => ({ way, kind, duplicates, fault }))).toEqual([
      { way: 'durable', kind: 'transaction', duplicates: 0, fault: undefined },
      { way: 'gapless', kind: 'transaction', duplicates: 0, fault: undefined },
      { way: 'blocks', kind: 'analytics', duplicates: 0, fault: undefined },
    ]);
    for (const { calls } of kinds) expect(calls).toBeGreaterThan(5);
    expect(kinds[1]).toMatchObject({ missing: 0 });
    expect(kinds[1]?.highest).toBeGreaterThan(60);
    await post(`${server.url}/v1/sequences`, { name: 'after' });
    expect((await post(`${server.url}/v1/sequences/after/next`, { count: 1 })).body['values']).toEqual(['1']);
    expect(await server.end('SIGTERM')).toBe(0);
    const audit = JSON.parse((await seqcast('audit', '--data-dir', dataDir, '--json')).stdout) as { ok: boolean; duplicates: number };
    expect(audit).toMatchObject({ ok: true, duplicates: 0 });
  }, 120_000);
});
