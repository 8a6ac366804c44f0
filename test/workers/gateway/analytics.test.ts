/** The ways to the archive: what of a query reaches it, and what is refused before. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('GET analytics', () => {
  it('hands the span on, with a hundred rows where nothing else is said', async () => {
    const { service, get } = await served();
    const answer = await get('/v1/analytics/usage?by=hour&sequence=orders&fromMs=1000&toMs=2000&limit=5&offset=10');
    expect(answer.json()).toEqual({ fromMs: 1, toMs: 2, rows: [] });
    await get('/v1/analytics/burns');
    await get('/v1/analytics/forecast-errors?limit=7');
    expect(service.asked).toEqual([
      { what: 'usage', by: 'hour', span: { sequence: 'orders', fromMs: 1_000, toMs: 2_000, limit: 5, offset: 10 } },
      { what: 'burns', by: undefined, span: { limit: 100, offset: 0 } },
      { what: 'forecastErrors', by: undefined, span: { limit: 7, offset: 0 } },
    ]);
  });

  it.each(['usage?by=colour', 'usage?fromMs=yesterday', 'burns?limit=-1', 'burns?sequence=a&sequence=b'])('refuses %s', async (query) => {
    const { get } = await served();
    const answer = await get(`/v1/analytics/${query}`);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'SEQ_INVALID_REQUEST']);
  });
});
