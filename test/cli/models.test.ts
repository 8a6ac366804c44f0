/** `seqcast train` and `seqcast models`. */
import { describe, expect, it } from 'vitest';
import type { JobView } from '../../pipelines/ports.ts';
import { withServer } from './commands.ts';

describe('seqcast models', () => {
  it('lists what was trained, and why it serves or not', async () => {
    const { seqcast } = await withServer();
    const { out } = await seqcast('models', 'list');
    expect(out).toMatch(/^model +state +trained until/);
    expect(out).toMatch(/lstm@3f2a90c1 +challenger +1970-01-01T00:00:04.000Z +full +2000 +3 +0\.2500 +0\.4 % +it saves 0\.4 %/);
  });

  it('shows a card, promotes and rolls back', async () => {
    const { seqcast } = await withServer();
    expect((await seqcast('models', 'show', '3f2a90c1')).out).toContain('lstm@3f2a90c1 is not in service: it saves 0.4 %');
    expect((await seqcast('models', 'promote', '3f2a90c1')).out).toMatch(/^lstm@3f2a90c1 is in service/);
    expect((await seqcast('models', 'rollback')).out).toBe('lstm@3f2a90c1 was rolled back; no model of that family is in service now\n');
    expect((await seqcast('models', 'promote', '11111111')).err).toMatch(/^SEQ_MODEL_INVALID: /);
  });

  it('writes answers as they came with --json', async () => {
    const { seqcast } = await withServer();
    expect(JSON.parse((await seqcast('models', 'list', '--json')).out).models[0].model).toBe('lstm@3f2a90c1');
  });
});

describe('seqcast train', () => {
  it('asks for a training and says which job does it', async () => {
    const { service, seqcast } = await withServer();
    expect((await seqcast('train', '--fine-tune', '--steps', '20')).out).toContain('job train-01 trains a model');
    expect(service.asked).toEqual([{ kind: 'fine-tune', steps: 20 }]);
    expect((await seqcast('train', '--full', '--fine-tune')).code).toBe(2);
  });

  it('waits until it ends, says how far it is, and ends with 1 where nothing was trained', async () => {
    const { service, seqcast } = await withServer();
    const running = await service.job('train-01');
    const states: JobView[] = [running, { ...running, state: 'done', result: { trained: false, because: 'the history is too short' } }];
    service.job = async () => states.shift() ?? running;
    const { code, out, err } = await seqcast('train', '--wait');
    expect(err).toBe('step 500 of 2000, loss 0.2500, 90 s to go\n');
    expect([code, out]).toEqual([1, 'nothing was trained: the history is too short\n']);
  });

  it('says what was promoted', async () => {
    const { service, seqcast } = await withServer();
    const job = await service.job('train-01');
    const result = { trained: true, model: 'lstm@3f2a90c1', promoted: true, because: 'it saves 5.0 % against naive' };
    service.job = async () => ({ ...job, state: 'done', result });
    expect(await seqcast('train', '--wait')).toEqual({
      code: 0,
      out: 'lstm@3f2a90c1 was trained and promoted: it saves 5.0 % against naive\n',
      err: '',
    });
  });
});
