/** What a filler does after a look at a Cluster, and what it makes of the servers' words. */
import { describe, expect, it } from 'vitest';
import { type NodeWord, viewOf, wordOf } from '../../../../adapters/redis/cluster-view.ts';
import { changesOf, type SeenPrimary } from '../../../../workers/runtime/shared/cluster-changes.ts';

const SLOTS = [{ from: 0, to: 100 }];
const MORE = [{ from: 0, to: 200 }];

function seen(node: string, slots: SeenPrimary['slots'] = SLOTS, endpoint = `redis://${node}:1`): SeenPrimary {
  return { node, endpoint, slots };
}

function open(...all: SeenPrimary[]) {
  return new Map(all.map((each) => [each.node, each]));
}

const NOBODY = new Set<string>();
const NOTHING = { opens: [], resettles: [], reopens: [], closes: [] };

describe('after a look at a Cluster a filler', () => {
  it('opens a pool for every primary that has slots, once', () => {
    const primaries = [seen('a'), seen('b'), seen('c', [])];
    expect(changesOf(open(), { primaries, uncertain: NOBODY })).toMatchObject({ opens: [{ node: 'a' }, { node: 'b' }], closes: [] });
    expect(changesOf(open(seen('a'), seen('b')), { primaries, uncertain: NOBODY })).toEqual(NOTHING);
  });

  it('tells of other slots, and keeps a primary that lost all of them, because it may hold stock', () => {
    const primaries = [seen('a', MORE), seen('b', [])];
    expect(changesOf(open(seen('a'), seen('b')), { primaries, uncertain: NOBODY })).toEqual({ ...NOTHING, resettles: primaries });
  });

  it('closes what is no primary any more, and leaves alone what it knows nothing of', () => {
    const both = open(seen('a'), seen('b'));
    expect(changesOf(both, { primaries: [seen('a'), seen('d')], uncertain: NOBODY })).toMatchObject({
      opens: [{ node: 'd' }],
      closes: ['b'],
    });
    expect(changesOf(both, { primaries: [seen('a')], uncertain: new Set(['b']) })).toEqual(NOTHING);
  });

  it('follows a server to another address', () => {
    const moved = seen('a', SLOTS, 'redis://elsewhere:1');
    expect(changesOf(open(seen('a')), { primaries: [moved], uncertain: NOBODY })).toEqual({ ...NOTHING, reopens: [moved] });
  });
});

describe('the view of a Cluster', () => {
  const word = (node: string, said: Partial<NodeWord> = {}): NodeWord => ({
    ...{ node, isPrimary: true, isSettled: true, address: { host: node, port: 1 }, slots: SLOTS, listed: [] },
    ...said,
  });
  const listed = (node: string, isPrimary = true) => ({ node, host: node, port: 1, isPrimary });

  it('believes each server about its own slots, in their order', () => {
    const view = viewOf([word('b', { slots: [{ from: 101, to: 200 }] }), word('a'), word('copy', { isPrimary: false, slots: [] })]);
    expect(view.primaries.map(({ node, slots }) => [node, slots])).toEqual([
      ['a', SLOTS],
      ['b', [{ from: 101, to: 200 }]],
    ]);
    expect(view.uncertain.size).toBe(0);
  });

  it('knows nothing certain of a primary that is silent, or that has just started', () => {
    expect(viewOf([word('a', { listed: [listed('a'), listed('silent')] })]).uncertain).toEqual(new Set(['silent']));
    const started = viewOf([word('a'), word('old', { isSettled: false, listed: [listed('old')] })]);
    expect(started.primaries.map(({ node }) => node)).toEqual(['a']);
    expect(started.uncertain).toEqual(new Set(['old']));
  });

  it('is read from what Redis answers, also where a server knows no name of its own', () => {
    const rows = [
      [101, 200, [null, 7001, 'me']],
      [0, 50, ['', 7001, 'me'], ['10.0.0.2', 7002, 'copy']],
      [300, 400, ['10.0.0.3', 7003, 'other']],
    ] as const;
    const read = wordOf({ host: 'seed', port: 7001 }, 'me', rows, 'cluster_state:ok\r\n', '# Replication\r\nrole:master\r\n');
    expect(read).toMatchObject({ node: 'me', isPrimary: true, isSettled: true, address: { host: 'seed', port: 7001 } });
    expect(read.slots).toEqual([
      { from: 0, to: 50 },
      { from: 101, to: 200 },
    ]);
    expect(read.listed.map(({ node, isPrimary }) => [node, isPrimary])).toEqual([
      ['me', true],
      ['copy', false],
      ['other', true],
    ]);
  });
});
