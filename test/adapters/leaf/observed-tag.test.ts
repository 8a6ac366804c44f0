/** A tag of a Leaf server, observed through pages as such a server makes them. */
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leafRows } from '../../../adapters/leaf/cache-page.ts';
import { openObservedLeaf } from '../../../adapters/leaf/observed-tag.ts';

const HEAD = ['name', 'init', 'next', 'pos', 'value0', 'max0', 'step0', 'value1', 'max1', 'step1'];

function page(...rows: readonly (readonly (string | number | boolean)[])[]): string {
  const line = (cells: readonly unknown[], tag: string) =>
    `<tr>\n${cells.map((cell) => `  <${tag}>${String(cell)}</${tag}>\n`).join('')}</tr>`;
  const body = rows.map((row) => `${line(row, 'td')}\n<tr>\n</tr>`).join('\n');
  return `<html><body><table class="table">\n<thead>${line(HEAD, 'th')}</thead>\n<tbody>${body}<tbody>\n</table></body></html>`;
}

/** A server whose page is what the test says last; without one it is down. */
async function leaf(first: string) {
  let shown: string | undefined = first;
  const server = createServer((request, response) => {
    if (shown === undefined) request.socket.destroy();
    else response.writeHead(request.url === '/cache' ? 200 : 404).end(shown);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return {
    url: `leaf+http://127.0.0.1:${port}?tag=orders`,
    show(next: string | undefined) {
      shown = next;
    },
  };
}

describe('a tag of Leaf', () => {
  test('is counted value by value, from one segment to the next', async () => {
    const server = await leaf(
      page(['bills', true, false, 0, 5, 101, 100, 0, 0, 0], ['orders', true, false, 0, '2,001', '3,001', '1,000', 0, 0, 0]),
    );
    const source = await openObservedLeaf(server.url);
    const start = await source.read();
    expect(start).toMatchObject({ position: 0n, block: 1_000, resolution: 1 });
    server.show(page(['orders', true, true, 0, '2,951', '3,001', '1,000', '7,001', '9,001', '2,000']));
    expect((await source.read()).position).toBe(950n);
    // The rest of the first segment, and 30 of the second: other servers took what lies between.
    server.show(page(['orders', true, false, 1, '3,004', '3,001', '1,000', '7,031', '9,001', '2,000']));
    expect(await source.read()).toMatchObject({ position: 1_030n, block: 2_000, life: start.life });
  });

  test('goes on in the same segment after an absence, and begins another life in another one', async () => {
    const server = await leaf(page(['orders', true, false, 0, 100, 1_001, 1_000, 0, 0, 0]));
    const source = await openObservedLeaf(server.url);
    const { position, life } = await source.read();
    server.show(undefined);
    await expect(source.read()).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    server.show(page(['orders', true, false, 0, 140, 1_001, 1_000, 0, 0, 0]));
    expect(await source.read()).toMatchObject({ position: position + 40n, life });
    server.show(undefined);
    await expect(source.read()).rejects.toThrow();
    server.show(page(['orders', true, false, 0, 2_001, 3_001, 1_000, 0, 0, 0]));
    expect((await source.read()).life).not.toBe(life);
  });

  test('that nobody has asked for yet has given out nothing, and an unknown one is told', async () => {
    const server = await leaf(page(['orders', false, false, 0, 0, 0, 0, 0, 0, 0]));
    const source = await openObservedLeaf(server.url);
    expect((await source.read()).position).toBe(0n);
    server.show(page(['orders', true, false, 0, 4, 1_001, 1_000, 0, 0, 0]));
    expect((await source.read()).position).toBe(3n);
    await expect(openObservedLeaf(server.url.replace('orders', 'none'))).rejects.toMatchObject({
      code: 'SEQ_CONFIG_INVALID',
      message: expect.stringContaining('it shows orders'),
    });
  });

  test('is found by the names of the columns, whatever their order and the grouping of numbers', () => {
    const row = '<tr><td>1&nbsp;024</td><td class="x"><b>a &amp; b</b></td><td>1</td><td>true</td><td>2.048</td><td>1&nbsp;000</td></tr>';
    const head = ['VALUE1', 'Name', 'pos', 'init', 'max1', 'step1'].map((name) => `<th>${name}</th>`).join('');
    expect(leafRows(`<table><tr>${head}</tr>${row}</table>`)).toEqual([
      { tag: 'a & b', isReady: true, value: 1_024n, max: 2_048n, step: 1_000n },
    ]);
    expect(leafRows('<html>nothing</html>')).toEqual([]);
  });
});
