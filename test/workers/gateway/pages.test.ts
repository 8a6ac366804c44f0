/** Long lists over HTTP, page by page. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];

interface Page {
  readonly sequences: readonly { readonly name: string }[];
  readonly next?: string;
}

describe('a list in pages', () => {
  it('is whole in the end, each entry once, whatever was created or dropped between the pages', async () => {
    const { get, service } = await served(...[...NAMES].reverse());
    const page = async (after: string): Promise<Page> => (await get(`/v1/sequences?limit=2&after=${after}`)).json();
    const first = await page('');
    expect(first).toMatchObject({ sequences: [{ name: 'a' }, { name: 'b' }], next: 'b' });
    await service.create('aa', {});
    await service.drop('b');
    const second = await page(first.next ?? '');
    expect(second.sequences.map(({ name }) => name)).toEqual(['c', 'd']);
    expect(await page(second.next ?? '')).toEqual({ sequences: [expect.objectContaining({ name: 'e' })] });
  });

  it('has no next page where everything fits, and none beyond the end', async () => {
    const { get } = await served(...NAMES);
    const names = async (query: string): Promise<unknown> => {
      const { sequences, next } = (await get(`/v1/sequences${query}`)).json() as Page;
      return { names: sequences.map(({ name }) => name), next };
    };
    expect(await names('')).toEqual({ names: NAMES, next: undefined });
    expect(await names('?limit=5')).toEqual({ names: NAMES, next: undefined });
    expect(await names('?after=e')).toEqual({ names: [], next: undefined });
  });

  it('refuses what is no page', async () => {
    const { get } = await served(...NAMES);
    for (const query of ['limit=0', 'limit=10001', 'limit=1.5', 'limit=x', `after=${'x'.repeat(201)}`, 'after=a&after=b']) {
      for (const path of ['/v1/sequences', '/v1/streams']) {
        const refusal = await get(`${path}?${query}`);
        expect([query, refusal.statusCode, refusal.json().code]).toEqual([query, 400, 'SEQ_INVALID_REQUEST']);
      }
    }
  });
});
