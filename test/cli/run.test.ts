/** The commands that talk to a server: what they ask, what they write, how they end. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SequenceError } from '../../core/errors.ts';
import { run, withServer } from './commands.ts';

describe('seqcast next', () => {
  it('writes values one a line', async () => {
    const { service, seqcast } = await withServer('orders');
    expect(await seqcast('next', 'orders', '-n', '3', '--client-type', 'web', '--service', 'checkout')).toEqual({
      code: 0,
      out: '1\n2\n3\n',
      err: '',
    });
    expect(service.asked).toEqual([{ sequence: 'orders', count: 3, clientType: 'web', service: 'checkout' }]);
  });

  it('writes more values than the server lists', async () => {
    const { seqcast } = await withServer('orders');
    const { out } = await seqcast('next', 'orders', '-n', '1500');
    expect(out.trimEnd().split('\n')).toEqual(Array.from({ length: 1_500 }, (_, k) => String(k + 1)));
  });

  it('writes them as the sequence prints them, however many', async () => {
    const { service, seqcast } = await withServer();
    await service.create('invoices', { format: 'INV-{value:06}' });
    const { out } = await seqcast('next', 'invoices', '-n', '1200');
    expect(out.split('\n').slice(0, 2)).toEqual(['INV-000001', 'INV-000002']);
    expect(out.trimEnd().split('\n').at(-1)).toBe('INV-001200');
    expect(JSON.parse((await seqcast('next', 'invoices', '--json')).out)).toMatchObject({ values: ['1201'], formatted: ['INV-001201'] });
  });

  it('writes the answer as it came with --json', async () => {
    const { seqcast } = await withServer('orders');
    expect((await seqcast('next', 'orders', '--json')).out).toBe(
      '{"sequence":"orders","blocks":[{"start":"1","count":1,"increment":"1"}],"values":["1"]}\n',
    );
  });

  it('sends the API key as a header, and in no body', async () => {
    const { service, seqcast } = await withServer('orders');
    expect(await seqcast('next', 'orders', '--api-key', 'k1')).toMatchObject({ code: 0 });
    expect(await seqcast('create', 'more', '--api-key', 'k1', '--start', '7')).toMatchObject({ code: 0 });
    expect(JSON.stringify(service.asked)).not.toContain('k1');
    expect(await seqcast('list', '--api-key', 'two\nlines')).toMatchObject({ code: 2, out: '' });
  });

  it.each(['0', '-1', '2.5', 'three', '10001'])('refuses -n %s', async (count) => {
    const { service, seqcast } = await withServer('orders');
    const { code, out, err } = await seqcast('next', 'orders', '-n', count);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^SEQ_INVALID_COUNT: .*\n→ Ask for 1 to 10,000 values a call/);
    expect(service.asked).toEqual([]);
  });
});

describe('the commands of a sequence', () => {
  it('create, describe, alter, restart and drop it', async () => {
    const { seqcast } = await withServer();
    const created = await seqcast(
      'create',
      'orders',
      '--start',
      '9007199254740993',
      '--increment',
      '-2',
      '--max',
      '9007199254740999',
      '--cycle',
      '--json',
    );
    expect(JSON.parse(created.out)).toMatchObject({ name: 'orders', start: '9007199254740993', increment: '-2', cycle: true });
    expect((await seqcast('describe', 'orders')).out).toMatch(/^name +orders\nstart +9007199254740993\n/);
    expect((await seqcast('alter', 'orders', '--no-cycle', '--target-stalls-ppm', '50', '--json')).out).toContain('"cycle":false');
    expect(JSON.parse((await seqcast('restart', 'orders', '--start', '-7', '--json')).out)).toMatchObject({ start: '-7' });
    expect((await seqcast('drop', 'orders')).out).toBe('dropped orders\n');
    expect((await seqcast('describe', 'orders')).code).toBe(1);
  });

  it('list them', async () => {
    const { seqcast } = await withServer('orders', 'a-longer-name');
    expect((await seqcast('list')).out.split('\n')).toEqual([
      'name           start  increment                  max  order  claimed  streams  may run out',
      'a-longer-name      1          1  9223372036854775807  none         0        0',
      'orders             1          1  9223372036854775807  none         0        0',
      '',
    ]);
  });

  it('say so when there is none', async () => {
    const { seqcast } = await withServer();
    expect((await seqcast('list')).out).toContain('seqcast create NAME');
  });

  it('take names that need encoding to where they are refused', async () => {
    const { seqcast } = await withServer();
    expect((await seqcast('describe', 'a/b c')).err).toMatch(/^SEQ_UNKNOWN_SEQUENCE: no sequence is called a\/b c\n/);
  });
});

describe('the commands that look', () => {
  it('show the status', async () => {
    const { seqcast } = await withServer('orders');
    const { out } = await seqcast('status');
    expect(out).toMatch(/^state +serving$/m);
    expect(out).toMatch(/^orders\/web\/checkout +12\.50 +3 +9 +100 /m);
  });

  it('explain a stream', async () => {
    const { seqcast } = await withServer('orders');
    expect((await seqcast('explain', 'orders/web/checkout')).out).toContain('Shard 4 has 195 values: stock had fallen to 5, below 20.');
    expect((await seqcast('explain', 'orders')).code).toBe(1);
    expect((await seqcast('explain', 'orders/a/b/c')).err).toContain('SEQ_UNKNOWN_STREAM');
  });

  it('replay a day at other costs of idle values, and say how to apply one', async () => {
    const { service, seqcast } = await withServer('orders');
    const { out } = await seqcast('what-if', 'orders/web/checkout', '--cost-ratio', '1,4,200');
    expect(out.split('\n').filter((line) => line !== '')).toEqual([
      'orders/web/checkout, 10 min until 1970-01-01T00:11:00.000Z: 8250 values, 20 ms of lead time',
      'cost ratio  burn cost   idle mean  idle most  waited  ppm  allocations/h  order mean  order most',
      '         1  none (now)        100        200       0    0             55         150         195',
      '         4                    100        200       0    0             55         150         195',
      '       200                    100        200       0    0             55         150         195',
      'To apply it, to all streams of the sequence; with --dry-run it says what that does, and changes nothing:',
      '  at 4: the nearest that can be set is burn cost none, and so it is',
      '  at 200: seqcast alter orders --burn-cost high, the nearest, which sets 256',
    ]);
    expect((await seqcast('what-if', 'orders/web/checkout')).out).toMatch(/^ +at 16: seqcast alter orders --burn-cost low$/m);
    const low = JSON.parse((await seqcast('what-if', 'orders/web/checkout', '--burn-cost', 'low', '--json')).out);
    expect(low).toMatchObject({ now: { costRatio: 1 }, runs: [{ costRatio: 16 }] });
    expect(service.asked).toMatchObject([{ costRatios: [1, 4, 200] }, { costRatios: [1, 16, 256] }, { costRatios: [16] }]);
    expect((await seqcast('what-if', 'orders')).err).toContain('SEQ_UNKNOWN_STREAM');
    expect((await seqcast('what-if', 'nope/a/b')).code).toBe(1);
    for (const wrong of [
      ['--cost-ratio', '1,,2'],
      ['--cost-ratio', '0'],
      ['--cost-ratio', '4', '--burn-cost', 'low'],
      ['--burn-cost', 'some'],
    ]) {
      expect((await seqcast('what-if', 'orders/web/checkout', ...wrong)).code, wrong.join(' ')).toBe(2);
    }
  });

  it('say who got a value', async () => {
    const { seqcast } = await withServer('orders');
    expect((await seqcast('who', 'orders', '17')).out).toMatch(/^issued +between 1970-01-01T00:00:02.000Z and 1970-01-01T00:00:03.000Z$/m);
    expect((await seqcast('who', 'orders', '-17', '--json')).out).toContain('"value":"-17"');
    expect((await seqcast('who', 'orders', '5000')).code).toBe(1);
    expect((await seqcast('who', 'orders', 'INV-7', '--json')).out).toContain('"value":"INV-7"');
  });

  it('audit, and fail when something does not add up', async () => {
    const { service, seqcast } = await withServer('orders');
    const good = await seqcast('audit');
    expect(good.code).toBe(0);
    expect(good.out).toMatch(/^0 duplicates in 12 records/m);
    const report = await service.audit();
    service.audit = async () => ({ ...report, ok: false, duplicates: 3, problems: ['3 ordinals lie in two shards'] });
    const bad = await seqcast('audit');
    expect(bad.code).toBe(1);
    expect(bad.out).toContain('problem: 3 ordinals lie in two shards\nNOT ok');
  });

  it('print the topology without a server', async () => {
    expect((await run(['topology'])).out).toMatch(/^consumption /);
    expect((await run(['topology', '--format', 'mermaid'])).out).toMatch(/^flowchart LR/);
    expect((await run(['topology', '--format', 'svg'])).code).toBe(2);
    expect(JSON.parse((await run(['topology', '--json'])).out).stages).toHaveLength(4);
  });
});

describe('seqcast announce', () => {
  it("counts from the server's now", async () => {
    const { service, seqcast } = await withServer('orders');
    const { out } = await seqcast('announce', 'orders', '--rate', '500', '--in', '30s', '--for', '1.5m', '--client-type', 'web');
    expect(service.asked).toEqual([{ sequence: 'orders', rate: 500, fromMs: 91_000, untilMs: 181_000, clientType: 'web' }]);
    expect(out).toBe('announced 500/s from 1970-01-01T00:01:31.000Z until 1970-01-01T00:03:01.000Z\n');
  });

  it.each([[['--rate', '5']], [['--rate', 'x', '--for', '1h']], [['--rate', '5', '--for', 'soon']]])('refuses %j', async (flags) => {
    const { seqcast } = await withServer('orders');
    expect((await seqcast('announce', 'orders', ...flags)).code).toBe(2);
    expect((await seqcast('announce', 'add', 'orders', ...flags)).code).toBe(2);
  });

  it('lists what is announced, and ends it', async () => {
    const { service, seqcast } = await withServer('orders');
    await seqcast('announce', 'add', 'orders', '--rate', '500', '--in', '30s', '--for', '1m', '--client-type', 'web');
    await seqcast('announce', 'orders', '--rate', '7', '--in', '5m', '--for', '1m', '--client-type', 'web');
    const listed = (await seqcast('announce', 'list')).out.split('\n');
    expect(listed[1]).toMatch(/^orders\/web\/default +500 +1970-01-01T00:01:31.000Z +1970-01-01T00:02:31.000Z +planned$/);
    expect((await seqcast('announce', 'end', 'orders', '--client-type', 'web', '--from', '91000')).out).toBe(
      'ended 500/s from 1970-01-01T00:01:31.000Z\n',
    );
    expect(service.announcements()).toHaveLength(1);
    expect(JSON.parse((await seqcast('announce', 'list', '--json')).out)).toMatchObject({ announcements: [{ rate: 7 }] });
    expect((await seqcast('announce', 'end', 'orders', '--client-type', 'web')).code).toBe(0);
    expect((await seqcast('announce', 'end', 'orders', '--client-type', 'web')).err).toContain('SEQ_UNKNOWN_ANNOUNCEMENT');
    expect((await seqcast('announce', 'list')).out).toBe('no bursts are announced\n');
  });
});

describe('seqcast profiles', () => {
  it('sets a profile as people write it', async () => {
    const { service, seqcast } = await withServer();
    const hours = ['--days', 'mon-wed,sat', '--from', '22:00', '--until', '06:30', '--utc-offset', '-05:30'];
    const { out } = await seqcast('profiles', 'set', 'web', '--pattern', 'office-hours', '--rate', '200', '--rest-share', '.1', ...hours);
    expect(service.profile({ clientType: 'web' })).toMatchObject({
      pattern: 'office-hours',
      rate: 200,
      restShare: 0.1,
      days: [1, 2, 3, 6],
      fromMinute: 1_320,
      untilMinute: 1_830,
      utcOffsetMinutes: -330,
    });
    expect(out).toContain('22:00 to 06:30, mon tue wed sat, UTC-05:30');
  });

  it('sets a batch of the hour and an end of the month, for one service or sequence', async () => {
    const { service, seqcast } = await withServer();
    await seqcast(
      'profiles',
      'set',
      'job',
      '--pattern',
      'hourly-batch',
      '--rate',
      '9',
      '--from',
      '58',
      '--until',
      '3',
      '--service',
      'mail',
    );
    const batch = { clientType: 'job', service: 'mail', fromMinute: 58, untilMinute: 63 };
    expect(service.profile({ clientType: 'job', service: 'mail' })).toMatchObject(batch);
    await seqcast('profiles', 'set', 'job', '--pattern', 'end-of-month', '--rate', '9', '--days', '1-2', '--sequence', 'bills');
    expect(service.profile({ clientType: 'job', sequence: 'bills' })).toMatchObject({ days: [1, 2] });
  });

  it('lists and removes', async () => {
    const { seqcast } = await withServer();
    expect((await seqcast('profiles', 'list')).out).toContain('no profiles are set');
    await seqcast('profiles', 'set', 'web', '--pattern', 'steady', '--rate', '5');
    expect((await seqcast('profiles', 'list')).out.split('\n')[1]).toMatch(/^web +all +all +steady +5 +always$/);
    expect(JSON.parse((await seqcast('profiles', 'list', '--json')).out)).toMatchObject({ profiles: [{ clientType: 'web', rate: 5 }] });
    expect((await seqcast('profiles', 'remove', 'web')).out).toBe('removed web\n');
    expect(await seqcast('profiles', 'remove', 'web')).toMatchObject({ code: 1, err: expect.stringContaining('SEQ_UNKNOWN_PROFILE') });
  });

  it.each([
    ['--pattern', 'lunch', '--rate', '5'],
    ['--pattern', 'steady'],
    ['--pattern', 'office-hours', '--rate', '5', '--from', 'nine'],
    ['--pattern', 'office-hours', '--rate', '5', '--days', 'fri-mon'],
    ['--pattern', 'office-hours', '--rate', '5', '--utc-offset', '1'],
  ])('refuses %j', async (...flags) => {
    const { seqcast } = await withServer();
    expect((await seqcast('profiles', 'set', 'web', ...flags)).code).toBe(2);
  });
});

describe('a command that fails', () => {
  it('ends with 3 where no server answers', async () => {
    const { code, err } = await run(['list', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(3);
    expect(err).toBe(
      'SEQ_UNREACHABLE: no server answers at http://127.0.0.1:1 (ECONNREFUSED)\n→ Start one with `seqcast up`, or check --url.\n',
    );
  });

  it('ends with 4 where it may be repeated', async () => {
    const { service, seqcast } = await withServer('orders');
    service.fault = new SequenceError('SEQ_NOT_READY', 'the process is starting');
    expect(await seqcast('next', 'orders')).toMatchObject({
      code: 4,
      err: 'SEQ_NOT_READY: the process is starting\n→ Retry against another instance or in a moment.\n',
    });
  });

  it('says it as JSON with --json', async () => {
    const { seqcast } = await withServer();
    const { code, err } = await seqcast('next', 'nope', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(err)).toEqual({
      code: 'SEQ_UNKNOWN_SEQUENCE',
      message: 'no sequence is called nope',
      retriable: false,
      whatToDo: 'Create it first, or check the name with `seqcast list`.',
      details: {},
    });
  });

  it('says that what answers is no seqcast', async () => {
    const stranger = createServer((_request, response) => response.writeHead(500).end('hello')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const answer = await run(['list', '--url', `http://127.0.0.1:${port}`]);
    stranger.close();
    expect(answer).toMatchObject({ code: 3, err: expect.stringContaining('does not speak as seqcast does') });
  });

  it('passes on that the server met something unforeseen', async () => {
    const { service, seqcast } = await withServer();
    service.fault = new TypeError('unforeseen');
    expect(await seqcast('list')).toMatchObject({ code: 1, err: expect.stringContaining('SEQ_INTERNAL') });
  });

  it.each([
    [['nexxt'], "unknown command 'nexxt' (Did you mean next?)"],
    [['list', '--nope'], "unknown option '--nope'"],
    [['describe'], "missing required argument 'name'"],
    [['create', 'a', '--start', '1.5'], 'It is not a whole number'],
    [['simulate', '--without', 'luck'], 'Allowed choices are log-arbitration, incarnation, fence, returns, period'],
    [['list', '--url', 'localhost:7070'], 'is not the address of a server'],
  ])('for what was typed ends with 2: %j', async (args, message) => {
    const { code, out, err } = await run(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^SEQ_CONFIG_INVALID: .*\n→ .*\n$/);
    expect(err).toContain(message);
  });

  it('shows its help where no command is named', async () => {
    const { code, err } = await run([]);
    expect(code).toBe(2);
    expect(err).toContain('Usage: seqcast');
  });

  it('shows help and version where they are asked for', async () => {
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await run(['next', '--help'])).toMatchObject({ code: 0, err: '', out: expect.stringContaining('--client-type <type>') });
  });
});
