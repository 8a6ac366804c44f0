/** Any client in any language takes values by one command. Everything here is done with `redis-cli` and nothing else. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { librarySource } from '../../../adapters/redis/library.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../../engines/engines.ts';

const redis = engineOrSkip('redis');
const KEY = '{orders/web/checkout}:stock';

const GUIDE = readFileSync(new URL('../../../docs/guides/values-from-redis.md', import.meta.url), 'utf8');

/** Code blocks of the guide in a language. */
function blocks(language: string): string[] {
  return [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code = '']) => code.trim());
}

describe.skipIf(!redis.available)('with redis-cli alone (needs Redis)', () => {
  let server: PrivateRedis;
  let nonce: string;
  let shards = 0;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    await server.cli('FUNCTION', 'FLUSH');
    await server.cli('FUNCTION', 'LOAD', librarySource());
    nonce = (await call('seqcast_hello', '0', 'any chance'))[1] ?? '';
    shards = 0;
  });

  /** The reply as redis-cli prints it, line by line. */
  async function call(...words: string[]): Promise<string[]> {
    return (await server.cli('FCALL', ...words)).split('\n');
  }

  /** Loads ordinals [start, end) with a rule for values: start, increment, first pass, period, pass start. */
  function load(start: string, end: string, rule: string[], ordered = '0'): Promise<string[]> {
    return call('seqcast_load', '1', KEY, nonce, '7', '2', String(++shards), start, end, ordered, '0', ...rule);
  }

  test('a count is enough, and the answer says which values', async () => {
    expect(await load('0', '100', ['1001', '1', '0', '0', '1'])).toEqual(['loaded', nonce]);
    const run = ['1001', '3', '1', '0', '7', '2', '1', '0'];
    expect(await call('seqcast_next', '1', KEY, '3')).toEqual(['taken', nonce, ...run, '0']);
    expect((await call('seqcast_next', '1', KEY, '1'))[2]).toBe('1004');
  });

  test('values beyond what a double holds are exact, at both ends of 64 bits', async () => {
    await load('9007199254740980', '9007199254740991', ['9223372036854000000', '1', '0', '0', '1']);
    expect((await call('seqcast_next', '1', KEY, '2'))[2]).toBe('9232379236108740980');
    await load('1000', '1100', ['-9223372036854775808', '922337203685477', '0', '0', '1']);
    await call('seqcast_next', '1', KEY, '9');
    expect((await call('seqcast_next', '1', KEY, '1'))[2]).toBe('-8301034833169298808');
    await load('2000', '2100', ['5', '-3', '0', '0', '5']);
    await call('seqcast_next', '1', KEY, '99');
    expect(await call('seqcast_next', '1', KEY, '2')).toEqual(['taken', nonce, '-5995', '2', '-3', '2000', '7', '2', '3', '0', '0']);
  });

  test('an answer that goes over the end of a cycle, or of a shard, is several runs', async () => {
    // 8, 9, 10, then 1 … 10 again and again; two shards.
    await load('0', '5', ['8', '1', '3', '10', '1']);
    await load('5', '40', ['8', '1', '3', '10', '1']);
    expect(await call('seqcast_next', '1', KEY, '16')).toEqual([
      'taken',
      nonce,
      ...['8', '3', '1', '0', '7', '2', '1', '0'],
      ...['1', '2', '1', '3', '7', '2', '1', '0'],
      ...['3', '8', '1', '5', '7', '2', '2', '0'],
      ...['1', '3', '1', '13', '7', '2', '2', '0'],
      '0',
    ]);
  });

  test('an empty stock says what it has, and keeps the caller in mind for whoever fills it', async () => {
    await load('0', '2', ['1', '1', '0', '0', '1']);
    expect(await call('seqcast_next', '1', KEY, '3')).toEqual(['empty', nonce, '2']);
    expect(await call('seqcast_next', '1', KEY, '3')).toEqual(['empty', nonce, '2']);
    const [, , stream, stock, waiting] = await call('seqcast_poll', '0', 'filler', '1000', '0', '');
    expect([stream, stock, waiting]).toEqual(['orders/web/checkout', '2', '3']);
    await load('2', '10', ['1', '1', '0', '0', '1']);
    await call('seqcast_next', '1', KEY, '3');
    expect((await call('seqcast_poll', '0', 'filler', '1000', '0', ''))[4]).toBe('0');
  });

  test('the same request id gives the same values, and says so', async () => {
    await load('0', '100', ['1001', '1', '0', '0', '1']);
    const words = ['seqcast_next', '1', KEY, '2', 'values', '0', '0', '', '0', 'payment-17', 'two'];
    const first = await call(...words);
    expect(first.slice(0, 4)).toEqual(['taken', nonce, '1001', '2']);
    expect(await call(...words)).toEqual([...first.slice(0, -1), '1']);
    expect(await call(...words.slice(0, -1), 'three')).toEqual(['conflict', nonce]);
  });

  test('a numbered block is given back by its ordinals, once', async () => {
    await load('0', '100', ['1000', '10', '0', '0', '1']);
    const answer = await call('seqcast_next', '1', KEY, '10', 'values', '1');
    const [ordinal, block] = [Number(answer[5]), answer[9] ?? ''];
    // Four were used: 1000 … 1030.
    const back = ['seqcast_give_back', '0', nonce, block, String(ordinal + 4), String(ordinal + 10)];
    expect(await call(...back)).toEqual(['taken-back', nonce]);
    expect(await call(...back)).toEqual(['unknown-block', nonce]);
    expect((await call('seqcast_next', '1', KEY, '1'))[2]).toBe('1040');
  });

  test('a stream that moved says where to, an ordered one waits for its filler', async () => {
    await load('0', '100', ['1', '1', '0', '0', '1'], '1');
    expect(await call('seqcast_next', '1', KEY, '1')).toEqual(['unleased', nonce]);
    await call('seqcast_poll', '0', 'filler', '1000', '60000', '');
    expect((await call('seqcast_next', '1', KEY, '1'))[2]).toBe('1');
    await call('seqcast_moved', '1', KEY, nonce, 'pool-b');
    expect(await call('seqcast_next', '1', KEY, '1')).toEqual(['moved', nonce, 'pool-b']);
  });

  test('the guide says what is answered', async () => {
    await load('0', '100', ['1001', '1', '0', '0', '1']);
    const [first, requests, giveBack, user] = blocks('redis').map((block) => block.split('\n'));
    const words = (line = ''): string[] => line.split(' ').map((word) => (word === '""' ? '' : word));
    // The guide's shard is the first one of generation 1 in partition 0.
    const shown = (await server.cli('--no-raw', ...words(first?.[0])))
      .replace('(integer) 7\n', '(integer) 1\n')
      .replace('(integer) 2\n', '(integer) 0\n');
    expect(shown.replace(nonce, '<nonce>')).toBe(blocks('text')[0]);

    const once = await server.cli(...words(requests?.[0]));
    expect(once).toMatch(/^taken\n/);
    expect(await server.cli(...words(requests?.[1]))).toBe(once.replace(/0$/, '1'));

    const answer = (await server.cli(...words(giveBack?.[0]))).split('\n');
    const [ordinal, block] = [Number(answer[5]), answer[9] ?? ''];
    const back = (giveBack?.[1] ?? '').replace('<nonce>', nonce).replace('<block>', block);
    const filled = back.replace('<ordinal+4>', String(ordinal + 4)).replace('<ordinal+10>', String(ordinal + 10));
    expect(await server.cli(...words(filled))).toBe(`taken-back\n${nonce}`);

    expect(await server.cli(...words(user?.[0]))).toBe('OK');
    const asValues = ['--no-auth-warning', '--user', 'values', '--pass', 'password'];
    expect(await server.cli(...asValues, ...words(first?.[0]))).toMatch(/^taken\n/);
    expect(await server.cli(...asValues, ...words(filled))).toMatch(/^NOPERM/);
  });

  test.each([
    [['1', KEY, '0'], 'SEQ_INVALID_COUNT'],
    [['1', KEY, '10001'], 'SEQ_INVALID_COUNT'],
    [['1', KEY, '1.5'], 'SEQ_INVALID_COUNT'],
    [['1', KEY, 'nan'], 'SEQ_INVALID_COUNT'],
    [['1', KEY, 'three'], 'SEQ_INVALID_COUNT'],
    [['1', KEY], 'SEQ_INVALID_COUNT'],
    [['0', '1'], 'SEQ_INVALID_REQUEST'],
    [['1', 'orders', '1'], 'SEQ_INVALID_REQUEST'],
    [['1', '{orders/web}:stock', '1'], 'SEQ_INVALID_REQUEST'],
    [['1', `{${'x'.repeat(64)}/web/checkout}:stock`, '1'], 'SEQ_INVALID_REQUEST'],
    [['1', KEY, '1', 'poetry'], 'SEQ_INVALID_REQUEST'],
    [['1', KEY, '1', 'values', '0', '0', 'w'.repeat(129), '1'], 'SEQ_INVALID_REQUEST'],
    [['1', KEY, '1', 'values', '0', '0', 'w', '-1'], 'SEQ_INVALID_REQUEST'],
  ])('what is wrong is said, with a code: %s', async (words, code) => {
    await load('0', '100', ['1', '1', '0', '0', '1']);
    expect((await call('seqcast_next', ...words))[0]).toMatch(new RegExp(`^${code} `));
    expect((await call('seqcast_next', '1', KEY, '1'))[2], 'nothing was taken').toBe('1');
  });

  test('a stream that was loaded without a rule gives ordinals only', async () => {
    await load('0', '2', ['1', '1', '0', '0', '1']);
    await load('2', '100', []);
    expect((await call('seqcast_next', '1', KEY, '3'))[0]).toMatch(/^SEQ_UNSUPPORTED /);
    expect((await call('seqcast_next', '1', KEY, '1'))[2]).toBe('1');
    expect(await call('seqcast_next', '1', KEY, '3', 'ordinals')).toEqual([`taken ${nonce} 0 7 2 1 1 1 0 7 2 2 2 2 0`]);
  });
});
