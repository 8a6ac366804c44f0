/** The registry over HTTP. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('models over HTTP', () => {
  it('are listed, and shown one by one with their card', async () => {
    const { get } = await served();
    expect((await get('/v1/models')).json()).toMatchObject({
      models: [{ model: 'lstm@3f2a90c1', state: 'challenger', improvement: 0.004 }],
    });
    expect((await get('/v1/models/lstm@3f2a90c1')).json()).toMatchObject({ version: '3f2a90c1', page: '# lstm@3f2a90c1\n' });
    const unknown = await get('/v1/models/00000000');
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'SEQ_UNKNOWN_MODEL']);
  });

  it('are promoted by hand, unless they could not forecast', async () => {
    const { send, service } = await served();
    expect((await send('POST', '/v1/models/3f2a90c1/promote', {})).json()).toMatchObject({ state: 'champion' });
    const poisoned = await send('POST', '/v1/models/11111111/promote', {});
    expect([poisoned.statusCode, poisoned.json().code]).toEqual([422, 'SEQ_MODEL_INVALID']);
    expect(service.asked).toEqual([{ promote: '3f2a90c1' }, { promote: '11111111' }]);
  });

  it('are rolled back by family, the LSTM where none is named', async () => {
    const { gateway, send, service } = await served();
    const plain = await gateway.inject({ method: 'POST', url: '/v1/models/rollback' });
    expect(plain.json()).toEqual({ rolledBack: 'lstm@3f2a90c1' });
    await send('POST', '/v1/models/rollback', { family: 'ets' });
    expect(service.asked).toEqual([{ rollBack: undefined }, { rollBack: 'ets' }]);
    expect((await send('POST', '/v1/models/rollback', { familly: 'ets' })).json().code).toBe('SEQ_INVALID_REQUEST');
  });

  it('are trained by a job that can be asked how far it is', async () => {
    const { gateway, get, send, service } = await served();
    const answer = await gateway.inject({ method: 'POST', url: '/v1/trainings' });
    expect([answer.statusCode, answer.json()]).toEqual([202, { job: 'train-01' }]);
    await send('POST', '/v1/trainings', { kind: 'fine-tune', steps: 20, seed: 7 });
    expect(service.asked).toEqual([{ kind: 'full' }, { kind: 'fine-tune', steps: 20, seed: 7 }]);
    expect((await send('POST', '/v1/trainings', { kind: 'half' })).statusCode).toBe(400);
    expect((await get('/v1/jobs/train-01')).json()).toMatchObject({ state: 'running', note: expect.stringContaining('step 500 of 2000') });
    expect((await get('/v1/jobs/nope')).json().code).toBe('SEQ_UNKNOWN_JOB');
  });

  it('that cannot be used are said by /readyz, which stays ready', async () => {
    const { get, service } = await served();
    service.noticed = ['the model lstm@3f2a90c1 is not used: weight 7 is NaN'];
    const answer = await get('/readyz');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ ready: true, reasons: [], notices: service.noticed });
  });
});
