/** Bulk jobs over HTTP: what is passed on, and what is refused before anybody is asked. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('POST /v1/jobs/issue and /v1/jobs/stamp', () => {
  it('pass the order on and answer with the job', async () => {
    const { service, send } = await served();
    const issue = { sequence: 'orders', count: 10_000_000, file: 'ids.parquet', format: 'parquet', clientType: 'warehouse' };
    const issued = await send('POST', '/v1/jobs/issue', issue);
    expect([issued.statusCode, issued.json()]).toEqual([202, { job: 'issue-01' }]);
    const stamp = { sequence: 'orders', input: 'rows.parquet', file: 'stamped.parquet', column: 'id' };
    const stamped = await send('POST', '/v1/jobs/stamp', stamp);
    expect([stamped.statusCode, stamped.json()]).toEqual([202, { job: 'stamp-01' }]);
    expect(service.asked).toEqual([issue, stamp]);
  });

  it.each([
    ['issue', { sequence: 'orders', file: 'ids.csv' }, /count is missing/],
    ['issue', { sequence: 'orders', file: 'ids.csv', count: '10' }, /count "10" is not a number/],
    ['issue', { sequence: 'orders', file: 'ids.csv', count: 1, format: 'xls' }, /format "xls" is not one of/],
    ['stamp', { sequence: 'orders', file: 'out.csv', column: 'id' }, /input is missing/],
    ['stamp', { sequence: 'orders', file: 'out.csv', input: 'in.csv', column: 'id', count: 3 }, /unknown field "count"/],
  ])('refuse a %s of %o', async (kind, body, detail) => {
    const { service, send } = await served();
    const answer = await send('POST', `/v1/jobs/${kind}`, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'SEQ_INVALID_REQUEST', detail: expect.stringMatching(detail) });
    expect(service.asked).toEqual([]);
  });
});
