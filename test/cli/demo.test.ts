import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { spreadDemand } from '../../backtest/demand.ts';
import { loadNasaTrace } from '../../backtest/traces/nasa.ts';
import type { DemoProgress } from '../../cli/demo/progress.ts';
import { FACTORS, runDemo, SLICE_MS } from '../../cli/demo.ts';
import { FakeService } from './demo/fake-service.ts';

const LEAD_TIME_MS = 36_000;
const SPEED_UP = 3_600;

function setUp(over: Partial<Parameters<typeof runDemo>[0]> = {}) {
  const service = new FakeService({ leadTimeMs: LEAD_TIME_MS, speedUp: SPEED_UP });
  const written: string[] = [];
  const out = { write: (text: string) => written.push(text) };
  const ending = new AbortController();
  const options = {
    service: service.asService(),
    clock: service.clock,
    speedUp: SPEED_UP,
    days: 1,
    json: true,
    out,
    signal: ending.signal,
    pause: service.pause,
    ...over,
  };
  return { service, written, ending, options };
}

/** Values of the first `days` of the trace, all streams together. */
function valuesOf(days: number): number {
  const minutes = loadNasaTrace().counts.subarray(0, days * 1_440);
  return minutes.reduce((sum, n) => sum + n, 0) * FACTORS.reduce((sum, n) => sum + n, 0);
}

/** The one HTTP route that the demo uses, in front of the fake. */
async function answerNext(service: FakeService, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = JSON.parse(await text(request)) as { count: number; clientType: string; service: string };
  const answer = await service.next({ sequence: 'nasa-demo', ...asked });
  response.end(JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
}

describe('the demo', () => {
  test('asks for every value of its days and finds none twice', async () => {
    const { options } = setUp();
    const summary = await runDemo(options);
    expect(summary).toMatchObject({ finished: true, demoHours: 24, values: valuesOf(1), duplicates: 0, achievedSpeedUp: SPEED_UP });
    expect(summary.streams.map((each) => each.stream)).toEqual(['nasa-demo/x1/nasa', 'nasa-demo/x50/nasa', 'nasa-demo/x500/nasa']);
  });

  test('judges itself beside Leaf and a static step on the same requests and the lead time it measured', async () => {
    const { options } = setUp();
    const summary = await runDemo(options);
    for (const stream of summary.streams) {
      expect(stream.leadTimeMs).toBeCloseTo(LEAD_TIME_MS, 6);
      expect(stream.ours.stalled).toBeGreaterThan(0);
      expect(stream.rivals.map((each) => each.rival)).toEqual(['Leaf, step 1000', 'static step 100000 at 20 %']);
      for (const rival of stream.rivals) expect(rival.requests).toBe(stream.requests);
    }
  });

  test('counts a cold start as stalled: every slice until the first allocation is there', async () => {
    const { options } = setUp();
    const [x1] = (await runDemo(options)).streams;
    // Slices at 0, 10, 20 and 30 s wait until 36 s, those of them that have demand.
    const { counts } = spreadDemand(loadNasaTrace(), { factor: 1, sliceMs: SLICE_MS, seed: 1_996 });
    expect(x1?.ours.stalled).toBe(counts.subarray(0, 4).filter((n) => n > 0).length);
    expect(x1?.ours.waitMsMax).toBe(36_000);
  });

  test('writes its progress and its summary as JSON lines', async () => {
    const { options, written } = setUp();
    await runDemo(options);
    const lines = written
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; share?: number });
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.slice(0, -1).every((line) => line.kind === 'progress')).toBe(true);
    expect(lines.at(-2)?.share).toBe(1);
    expect(lines.at(-1)?.kind).toBe('summary');
  });

  test('writes plain lines and a table where there is no terminal', async () => {
    const { options, written } = setUp({ json: false });
    await runDemo(options);
    const text = written.join('');
    expect(text).toContain('0 duplicates');
    expect(text).toMatch(/×500 +seqcast \(lead 36 s\)/);
    expect(text).not.toContain('\u001b');
  });

  test('draws in place on a terminal', async () => {
    const { options, written } = setUp({ json: false });
    await runDemo({ ...options, out: { ...options.out, isTTY: true, columns: 80, rows: 24 } });
    expect(written.filter((text) => text.startsWith('\u001b[')).length).toBeGreaterThan(10);
  });

  test('ends early when told to and still sums up, on the slices asked for so far', async () => {
    const { options, service, ending } = setUp();
    const pause = async (ms: number) => {
      await service.pause(ms);
      if (service.nowMs - Date.UTC(2024, 0, 1) >= 6 * 3_600_000) ending.abort();
    };
    const summary = await runDemo({ ...options, pause });
    expect(summary.finished).toBe(false);
    expect(summary.demoHours).toBeCloseTo(6, 1);
    expect(summary.streams[0]?.rivals[0]?.requests).toBe(summary.streams[0]?.requests);
  });

  test('catches up without dropping demand when it is late, and says how fast it was', async () => {
    const { options, service, written } = setUp();
    // Every turn of a slow machine costs 400 demo seconds, more than the 32 slices of a turn.
    const pause = async () => service.pause(400_000 / SPEED_UP);
    const summary = await runDemo({ ...options, pause });
    expect(summary.values).toBe(valuesOf(1));
    expect(summary.achievedSpeedUp).toBeLessThan(SPEED_UP * 0.9);
    const behind = written
      .map((line) => JSON.parse(line) as { behindMs?: number; achievedSpeedUp: number })
      .filter((line) => (line.behindMs ?? 0) > 0);
    expect(behind.length).toBeGreaterThan(0);
    expect(behind.at(-1)?.achievedSpeedUp).toBeLessThan(SPEED_UP * 0.9);
  });

  test('tells duplicates when a server gives values out twice', async () => {
    const { options, service } = setUp();
    service.repeats = true;
    expect((await runDemo(options)).duplicates).toBeGreaterThan(0);
  });

  test('does not take a restart of the sequence for duplicates', async () => {
    const { options, service } = setUp();
    let isRestarted = false;
    const pause = async (ms: number) => {
      await service.pause(ms);
      if (isRestarted || service.nowMs < Date.UTC(2024, 0, 1, 12)) return;
      isRestarted = true;
      service.generation = 2;
      service.nextOrdinal = 0;
      for (const stream of service.streams.values()) stream.stock = [];
    };
    expect(await runDemo({ ...options, pause })).toMatchObject({ values: valuesOf(1), duplicates: 0 });
  });

  test('goes on with the sequence that an earlier demo left', async () => {
    const { options, service } = setUp();
    await runDemo(options);
    const before = service.description;
    const again = await runDemo(options);
    expect(service.description).toBe(before);
    expect(again.duplicates).toBe(0);
    expect(again.values).toBe(valuesOf(1));
  });

  test('asks for its smallest stream over HTTP when it is told where', async () => {
    const { options, service, written } = setUp({ days: 0.02 });
    const gateway = createServer((request, response) => void answerNext(service, request, response));
    await once(gateway.listen(0, '127.0.0.1'), 'listening');
    const { port } = gateway.address() as AddressInfo;
    // Sockets need real turns of the event loop, while demo time jumps.
    const pause = async (ms: number) => {
      for (let turn = 0; turn < 4; turn++) await setImmediate();
      await service.pause(ms);
    };
    const summary = await runDemo({ ...options, pause, gatewayUrl: `http://127.0.0.1:${port}` });
    gateway.close();
    const last = JSON.parse(written.at(-2) ?? '') as DemoProgress;
    expect(last.streams.map((each) => each.way)).toEqual(['HTTP', 'in process', 'in process']);
    for (const each of last.streams) expect(each.requests).toBe(service.streams.get(each.stream)?.requests);
    expect(summary).toMatchObject({ finished: true, duplicates: 0 });
    expect(summary.streams[0]?.ours.stalled).toBeGreaterThan(0);
  });

  test('fails with the error of the server when no retry can mend it', async () => {
    const { options, service } = setUp();
    service.next = () => {
      throw new Error('broken');
    };
    await expect(runDemo(options)).rejects.toThrow('broken');
  });

  test('refuses more days than the trace has', async () => {
    await expect(runDemo(setUp({ days: 22 }).options)).rejects.toThrow('21 days');
  });
});
