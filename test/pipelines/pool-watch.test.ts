import { describe, expect, it } from 'vitest';
import { PoolWatch } from '../../pipelines/pool-watch.ts';
import type { MemberEvent } from '../../schemas/messages.ts';
import { OWNS_NOTHING } from '../../workers/runtime/members/member-record.ts';

const said = (event: MemberEvent['event'], member = 'pool-a', incarnation = 'life-1'): MemberEvent => ({
  kind: 'MemberEvent',
  member,
  role: 'pool',
  event,
  incarnation,
  poolKind: 'throughput',
  endpoint: 'redis://127.0.0.1:1',
  atMs: 0,
  ...OWNS_NOTHING,
});

/** What each of so many beats says. */
function beats(watch: PoolWatch, count: number): string[] {
  return Array.from({ length: count }, () => {
    const { silent, gone } = watch.beat();
    const silences = silent.map(({ pool, incarnation }) => `${pool} silent${incarnation === 'life-1' ? '' : ` in ${incarnation}`}`);
    return [...silences, ...gone.map((pool) => `${pool} gone`)].join(' ');
  });
}

describe('the watch over pools', () => {
  it('calls a pool silent after three beats without a word, and gone after eight', () => {
    const watch = new PoolWatch();
    watch.heard(said('joined'));
    expect(beats(watch, 10)).toEqual(['', '', 'pool-a silent', '', '', '', '', 'pool-a gone', '', '']);
  });

  it('begins anew with every word of the pool', () => {
    const watch = new PoolWatch();
    watch.heard(said('joined'));
    for (let second = 0; second < 20; second++) {
      expect(beats(watch, 2)).toEqual(['', '']);
      watch.heard(said('heartbeat'));
    }
  });

  it('waits for a pool that said it was away no longer than for one that fell silent', () => {
    const watch = new PoolWatch();
    watch.heard(said('joined'));
    watch.heard(said('lost'));
    expect(beats(watch, 6)).toEqual(['', '', '', '', 'pool-a gone', '']);
  });

  it('expects nothing of a pool that left', () => {
    const watch = new PoolWatch();
    watch.heard(said('joined'));
    watch.heard(said('joined', 'pool-b'));
    watch.heard(said('draining'));
    expect(beats(watch, 4)).toEqual(['', '', 'pool-b silent', '']);
  });

  it('says nothing while no beat comes: a log that is away makes nobody silent', () => {
    const watch = new PoolWatch();
    watch.heard(said('joined'));
    expect(beats(watch, 0)).toEqual([]);
    watch.heard(said('heartbeat'));
    expect(beats(watch, 2)).toEqual(['', '']);
  });

  it('hears which life speaks: the other one falls silent, and the pool is not gone', () => {
    const watch = new PoolWatch();
    watch.heard(said('joined'));
    watch.heard(said('joined', 'pool-a', 'life-2'));
    const silences = Array.from({ length: 9 }, () => {
      watch.heard(said('heartbeat'));
      return beats(watch, 1).join();
    });
    expect(silences).toEqual(['', '', 'pool-a silent in life-2', '', '', '', '', '', '']);
    expect(beats(watch, 8)).toEqual(['', 'pool-a silent', '', '', '', '', 'pool-a gone', '']);
  });

  it('calls a pool gone when the last of its lives is, once', () => {
    const watch = new PoolWatch();
    watch.heard(said('joined'));
    expect(beats(watch, 2)).toEqual(['', '']);
    watch.heard(said('joined', 'pool-a', 'life-2'));
    expect(beats(watch, 10).filter((each) => each.includes('gone'))).toEqual(['pool-a gone']);
  });
});
