/** What every route table must do: versions that only grow, compare-and-set, changes told in order. */
import { describe, expect, test } from 'vitest';
import type { RouteTable } from '../../pipelines/ports.ts';
import { acrossReopening, type Harness, pause, until, using } from './harness.ts';

export interface RouteTableTraits<T extends RouteTable> {
  /** Opens the same table once more, as another process would; left out by what one process owns. */
  beside?(current: T): Promise<T>;
}

export function routeTableKit<T extends RouteTable>(harness: Harness<T>, { beside }: RouteTableTraits<T> = {}): void {
  test('a key that was never put is absent', () =>
    using(harness, async (routes) => {
      expect(await routes.get('clients/none')).toBeUndefined();
      expect(await routes.delete('clients/none')).toBe(false);
      expect(await routes.list('clients/')).toEqual([]);
    }));

  test('what was put is read back, and every put raises the version', () =>
    using(harness, async (routes) => {
      const first = await routes.put('clients/a', 'one');
      const second = await routes.put('clients/a', 'two');
      expect(second?.version).toBeGreaterThan(first?.version ?? Number.POSITIVE_INFINITY);
      expect(await routes.get('clients/a')).toEqual({ key: 'clients/a', value: 'two', version: second?.version });
    }));

  test('a compare-and-set writes only at the version it names', () =>
    using(harness, async (routes) => {
      const created = await routes.put('k', 'one', 0);
      expect(created?.value).toBe('one');
      expect(await routes.put('k', 'again', 0)).toBeUndefined();
      const changed = await routes.put('k', 'two', created?.version);
      expect(changed?.value).toBe('two');
      expect(await routes.put('k', 'stale', created?.version)).toBeUndefined();
      expect(await routes.put('absent', 'x', changed?.version)).toBeUndefined();
      expect((await routes.get('k'))?.value).toBe('two');
    }));

  test('of many that compare and set at the same time one wins', () =>
    using(harness, async (routes) => {
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => routes.put('k', `${index}`, 0)));
      const winners = outcomes.filter((outcome) => outcome !== undefined);
      expect(winners).toHaveLength(1);
      expect(await routes.get('k')).toEqual(winners[0]);
    }));

  test('a version from before a deletion fits nothing that came after it', () =>
    using(harness, async (routes) => {
      const before = await routes.put('k', 'one');
      expect(await routes.delete('k')).toBe(true);
      expect(await routes.get('k')).toBeUndefined();
      await routes.put('k', 'two', 0);
      expect(await routes.put('k', 'stale', before?.version)).toBeUndefined();
    }));

  test('a list holds the keys under the prefix and no others', () =>
    using(harness, async (routes) => {
      for (const key of ['clients/b', 'clients/a', 'clients/ü', 'client', 'clients', 'clientsx/a', 'pools/a']) await routes.put(key, key);
      expect((await routes.list('clients/')).map(({ key, value }) => [key, value]).sort()).toEqual([
        ['clients/a', 'clients/a'],
        ['clients/b', 'clients/b'],
        ['clients/ü', 'clients/ü'],
      ]);
      expect(await routes.list('')).toHaveLength(7);
    }));

  test('a long list is whole and holds each key once', () =>
    using(harness, async (routes) => {
      const keys = Array.from({ length: 1_234 }, (_, index) => `clients/${index}`);
      for (let from = 0; from < keys.length; from += 200) {
        await Promise.all(keys.slice(from, from + 200).map((key) => routes.put(key, `${key}!`)));
      }
      const listed = await routes.list('clients/');
      expect(listed.map(({ key }) => key).sort()).toEqual(keys.sort());
      expect(listed.every(({ key, value, version }) => value === `${key}!` && version > 0)).toBe(true);
    }));

  test('values come back as they went, whatever is in them', () =>
    using(harness, async (routes) => {
      for (const value of ['', ' ', '0', '{"a":"ü"}', 'line\nbreak', '7 words']) {
        await routes.put('k', value);
        expect((await routes.get('k'))?.value).toBe(value);
        expect((await routes.list('k'))[0]?.value).toBe(value);
      }
    }));

  test('a watch is told of every later change under its prefix, in order', () =>
    using(harness, async (routes) => {
      await routes.put('clients/a', 'before');
      const told: string[] = [];
      const watch = routes.watch('clients/', (key, value) => told.push(`${key}=${value}`));
      await pause(20);
      const made = [];
      for (let index = 0; index < 50; index++) {
        await routes.put('clients/a', `${index}`);
        made.push(`clients/a=${index}`);
      }
      await routes.put('pools/a', 'elsewhere');
      await routes.put('clients/a', 'refused', 0);
      await routes.delete('clients/a');
      made.push('clients/a=undefined');
      await until(() => told.length >= made.length);
      expect(told).toEqual(made);
      await watch.close();
    }));

  test('after close resolved a watch is told nothing', () =>
    using(harness, async (routes) => {
      const told: string[] = [];
      const others: string[] = [];
      const watch = routes.watch('', (key) => told.push(key));
      const other = routes.watch('', (key) => others.push(key));
      await pause(20);
      await watch.close();
      await routes.put('k', 'v');
      await until(() => others.length === 1);
      expect(told).toEqual([]);
      await other.close();
    }));

  describe.runIf(beside !== undefined)('two processes', () => {
    async function withBoth(scenario: (first: T, second: T) => Promise<void>): Promise<void> {
      await using(harness, async (first) => {
        const second = (await beside?.(first)) ?? first;
        try {
          await scenario(first, second);
        } finally {
          await harness.close(second);
        }
      });
    }

    test('what one of them puts the other reads, lists and is told of', () =>
      withBoth(async (first, second) => {
        const told: string[] = [];
        const watch = second.watch('pools/', (key, value) => told.push(`${key}=${value}`));
        const put = await first.put('pools/a', 'up');
        expect(await second.get('pools/a')).toEqual(put);
        expect(await second.list('pools/')).toEqual([put]);
        await first.put('elsewhere', 'x');
        await first.put('pools/a', 'down');
        expect(await second.delete('pools/a')).toBe(true);
        await until(() => told.length >= 3);
        expect(told).toEqual(['pools/a=up', 'pools/a=down', 'pools/a=undefined']);
        await watch.close();
      }));

    test('compare-and-set from both loses no update', () =>
      withBoth(async (first, second) => {
        const stepsEach = 25;
        async function count(routes: T): Promise<void> {
          for (let step = 0; step < stepsEach; ) {
            const held = await routes.get('counter');
            const next = `${Number(held?.value ?? 0) + 1}`;
            if ((await routes.put('counter', next, held?.version ?? 0)) !== undefined) step++;
          }
        }
        await Promise.all([count(first), count(second)]);
        expect((await first.get('counter'))?.value).toBe(`${2 * stepsEach}`);
      }));
  });

  describe.runIf(harness.reopen !== undefined)('opening again', () => {
    test('entries are there, and versions go on growing', async () => {
      let version = 0;
      await acrossReopening(
        harness,
        async (routes) => {
          await routes.put('kept', 'value');
          version = (await routes.put('gone', 'value'))?.version ?? 0;
          await routes.delete('gone');
        },
        async (routes) => {
          expect((await routes.get('kept'))?.value).toBe('value');
          expect((await routes.put('gone', 'again', 0))?.version).toBeGreaterThan(version);
        },
      );
    });
  });
}
