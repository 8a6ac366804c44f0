/** What a process says of itself over HTTP: status, explanations, audit, health, metrics. */
import { describe, expect, it } from 'vitest';
import { SequenceError } from '../../../core/errors.ts';
import { served } from './served.ts';

describe('insight', () => {
  it('shows the status and its streams', async () => {
    const { get } = await served('orders');
    expect((await get('/v1/status')).json()).toMatchObject({ state: 'serving', streams: [{ stream: 'orders/web/checkout', stock: 100 }] });
    expect((await get('/v1/streams')).json().streams).toHaveLength(1);
  });

  it('explains a stream by its three names', async () => {
    const { get } = await served('orders');
    expect((await get('/v1/streams/orders/web/checkout/explain')).json()).toMatchObject({
      stream: 'orders/web/checkout',
      decisions: [{ shard: 4, size: 195 }],
    });
    expect((await get('/v1/streams/orders/*/*/explain')).json().stream).toBe('orders/*/*');
    expect((await get('/v1/streams/nope/a/b/explain')).json().code).toBe('SEQ_UNKNOWN_STREAM');
  });

  it('shows those streams only that are asked for', async () => {
    const { get } = await served('orders', 'invoices');
    const only = async (names: string) => (await get(`/v1/streams?only=${names}`)).json();
    expect((await only('orders/web/checkout,nope/a/b,orders/web/checkout')).streams).toMatchObject([{ stream: 'orders/web/checkout' }]);
    expect((await only('')).streams).toEqual([]);
    expect((await only(Array.from({ length: 101 }, (_, i) => i).join(','))).detail).toMatch(/101 streams: 100 at most/);
    expect((await only('a&only=b')).code).toBe('SEQ_INVALID_REQUEST');
  });

  it('replays a day under the ratios that are asked for, beside the present one', async () => {
    const { service, get } = await served('orders');
    const path = '/v1/streams/orders/web/checkout/what-if';
    expect((await get(`${path}?costRatio=0.25,%2016`)).json()).toMatchObject({
      now: { costRatio: 1 },
      runs: [{ costRatio: 0.25 }, { costRatio: 16 }],
    });
    expect((await get(path)).json().runs).toEqual([]);
    expect(service.asked.at(-1)).toEqual({ stream: 'orders/web/checkout', costRatios: [] });
    for (const wrong of ['a', '1,,2', '1,', 'Infinity', '1&costRatio=2', '1'.repeat(101)]) {
      expect((await get(`${path}?costRatio=${wrong}`)).json().code, wrong).toBe('SEQ_INVALID_REQUEST');
    }
    expect((await get('/v1/streams/nope/a/b/what-if')).json().code).toBe('SEQ_UNKNOWN_STREAM');
  });

  it('draws the topology as text or as a chart', async () => {
    const { get } = await served();
    const text = await get('/v1/topology');
    expect([text.headers['content-type'], text.body]).toEqual(['text/plain; charset=utf-8', 'filling\n']);
    expect((await get('/v1/topology?format=mermaid')).body).toBe('flowchart LR\n');
    expect((await get('/v1/topology?format=svg')).json().code).toBe('SEQ_INVALID_REQUEST');
  });

  it('tells in lines how far an audit is, and its report in the last one', async () => {
    const { service, gateway } = await served();
    const report = await service.audit();
    const audit = async (onProgress: (share: number) => void) => {
      onProgress(0.5);
      await new Promise((resolve) => setTimeout(resolve, 300));
      return report;
    };
    Object.assign(service, { audit });
    const answer = await gateway.inject({ method: 'POST', url: '/v1/audit', headers: { accept: 'application/x-ndjson' } });
    const lines = answer.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([{ progress: 0.5 }, report]);
    service.audit = async () => await Promise.reject(new SequenceError('SEQ_LEDGER_CUT', 'the ledger was trimmed'));
    const failed = await gateway.inject({ method: 'POST', url: '/v1/audit', headers: { accept: 'application/x-ndjson' } });
    expect(JSON.parse(failed.body)).toMatchObject({ code: 'SEQ_LEDGER_CUT', detail: 'the ledger was trimmed' });
  });

  it.each(['GET', 'POST'] as const)('audits on %s', async (method) => {
    const { gateway } = await served('orders');
    expect((await gateway.inject({ method, url: '/v1/audit' })).json()).toMatchObject({ ok: true, duplicates: 0 });
  });
});

describe('health', () => {
  it('is ready while the service is', async () => {
    const { service, get } = await served();
    expect((await get('/readyz')).json()).toEqual({ ready: true, reasons: [] });
    service.state = 'starting';
    const answer = await get('/readyz');
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.json()).toEqual({ ready: false, reasons: ['the process is starting'] });
    expect((await get('/livez')).statusCode).toBe(200);
  });

  it('shows the metrics of the service and its own', async () => {
    const { send, get } = await served('orders');
    await send('POST', '/v1/sequences/orders/next', {});
    await send('POST', '/v1/sequences/orders/next', { count: 0 });
    const answer = await get('/metrics');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.body.split('\n')).toEqual(
      expect.arrayContaining([
        'seqcast_issued_total 21',
        'seqcast_gateway_next_total{waited="no"} 1',
        'seqcast_gateway_problems_total{code="SEQ_INVALID_COUNT"} 1',
      ]),
    );
  });
});
