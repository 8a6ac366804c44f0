/**
 * Sequences whose values begin again: one allocator, two pools whose clocks differ, and the stages that run in all of them. Nothing of a
 * period that is over is given out, by the clock of whoever gives out; with that guard off, it is.
 */
import { describe, expect, test } from 'vitest';
import { owedReset } from '../../core/ledger/housekeeping.ts';
import type { ShardsRecord } from '../../core/ledger/records.ts';
import { ALL_RULES, type Rules } from '../../core/ledger/rules.ts';
import { periodEndMs } from '../../core/period.ts';
import { giveBack, load, revoke } from '../../core/stock/stock.ts';
import { emptyStock, type StockState } from '../../core/stock/stock-state.ts';
import { type Taken, take } from '../../core/stock/take.ts';
import { onLedgerMoved, onOrder, onPoolJoined, onTick, type Proposal } from '../../pipelines/allocation.ts';
import { type Effect, emptyFilling, type FillingState, onAccepted, onLoadReply, onRevokeReply } from '../../pipelines/filling.ts';
import { append, type Bench, bench, orderOf } from './allocation-fixture.ts';

/** New year's eve in Berlin, ten minutes before midnight. */
const EVE = Date.parse('2026-12-31T22:50:00Z');
const MIDNIGHT = Date.parse('2026-12-31T23:00:00Z');
const YEARLY = { reset: 'yearly', timeZone: 'Europe/Berlin', periodStart: '2026-01-01' } as const;
const REDECIDE_MS = 1_000;

class Pool {
  readonly name: string;
  readonly stock: StockState;
  readonly filling: FillingState;
  readonly stream: string;
  readonly #made: Bench;

  constructor(made: Bench, name: string, rules: Rules) {
    this.#made = made;
    this.name = name;
    this.stream = `s/web/${name}`;
    this.stock = emptyStock(`${name}-life`, rules);
    this.filling = emptyFilling(name, `${name}-life`, rules, (_, generation) => {
      const found = made.ranges.generations.get(generation);
      return found === undefined ? Number.POSITIVE_INFINITY : periodEndMs(found.definition);
    });
  }

  take(count: number, nowMs: number): readonly Taken[] | undefined {
    return take(this.stock, this.stock.streams.get(this.stream), count, true, nowMs);
  }

  folded(offset: number, record: ShardsRecord, nowMs: number): ShardsRecord[] {
    return this.#run(onAccepted(this.filling, this.#made.shards, offset, record, nowMs), nowMs);
  }

  #run(effects: readonly Effect[], nowMs: number): ShardsRecord[] {
    const { incarnation } = this.stock;
    return effects.flatMap((effect): ShardsRecord[] => {
      if (effect.kind === 'append') return [effect.record];
      if (effect.kind === 'load') {
        const { partition, shard } = effect.shard;
        return this.#run(onLoadReply(this.filling, partition, shard, load(this.stock, incarnation, effect.shard), nowMs), nowMs);
      }
      if (effect.kind !== 'revoke') return [];
      const slices = revoke(this.stock, incarnation, effect.partition, effect.shard);
      const reply = typeof slices === 'string' ? { outcome: slices, incarnation } : { outcome: 'revoked' as const, incarnation, slices };
      return this.#run(onRevokeReply(this.filling, effect.partition, effect.shard, reply, nowMs), nowMs);
    });
  }
}

class Town {
  readonly made: Bench;
  readonly pools: readonly [Pool, Pool];

  constructor(rules: Rules = ALL_RULES, attributes: object = {}) {
    this.made = bench({ ...YEARLY, ...attributes });
    this.pools = [new Pool(this.made, 'east', rules), new Pool(this.made, 'west', rules)];
    for (const { name } of this.pools) onPoolJoined(this.made.state, name, `${name}-life`, EVE - 10_000);
  }

  /** Both pools ask for stock, and everything that follows from it is read back at once. */
  order(nowMs: number, waiting = 0): void {
    for (const { name, stream } of this.pools) {
      const order = orderOf({
        stream,
        pool: name,
        incarnation: `${name}-life`,
        atMs: nowMs,
        waiting,
        seenOffset: this.made.shards.nextOffset - 1,
      });
      this.settle(onOrder(this.made.state, order, nowMs), nowMs);
    }
  }

  tick(nowMs: number): void {
    this.settle(onTick(this.made.state, nowMs), nowMs);
  }

  settle(proposals: readonly Proposal[], nowMs: number): void {
    for (let next = proposals; next.length > 0; next = onLedgerMoved(this.made.state, nowMs)) {
      for (const { record } of next) this.#land(record, nowMs);
    }
  }

  /** First days of the periods that these belong to. */
  periodsOf(taken: readonly Taken[] | undefined): string[] {
    return [...new Set((taken ?? []).map(({ generation }) => this.made.ranges.generations.get(generation)?.definition.periodStart ?? '?'))];
  }

  #land(record: Proposal['record'], nowMs: number): void {
    const offset = this.made.shards.nextOffset;
    if (append(this.made, record) !== 'accepted' || this.made.shards.nextOffset === offset) return;
    for (const pool of this.pools) for (const back of pool.folded(offset, record as ShardsRecord, nowMs)) this.#land(back, nowMs);
  }
}

/** Takes at both pools from the eve until after midnight, the reset being read back a minute late; says what was given out when. */
function newYear(rules: Rules): string[] {
  const town = new Town(rules);
  town.order(EVE);
  const said: string[] = [];
  for (const nowMs of [EVE, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 30_000]) {
    for (const pool of town.pools) said.push(`${nowMs - MIDNIGHT} ${pool.name} ${town.periodsOf(pool.take(3, nowMs)).join() || 'waits'}`);
  }
  town.order(MIDNIGHT + 60_000, 3);
  town.tick(MIDNIGHT + 60_000 + REDECIDE_MS);
  for (const pool of town.pools) said.push(`later ${pool.name} ${town.periodsOf(pool.take(3, MIDNIGHT + 62_000)).join() || 'waits'}`);
  return said;
}

describe('at midnight', () => {
  test('two pools stop to give out the old year, each by its own clock, and go on with the new one once it is there', () => {
    expect(newYear(ALL_RULES)).toEqual([
      '-600000 east 2026-01-01',
      '-600000 west 2026-01-01',
      '-1 east 2026-01-01',
      '-1 west 2026-01-01',
      '0 east waits',
      '0 west waits',
      '30000 east waits',
      '30000 west waits',
      'later east 2027-01-01',
      'later west 2027-01-01',
    ]);
  });

  test('without that guard both give out values of the old year in the new one', () => {
    const said = newYear({ ...ALL_RULES, period: false });
    expect(said.filter((each) => /^(0|30000) \w+ 2026-01-01$/.test(each))).toHaveLength(4);
  });

  test('what was held is given back to the old year, and begins no new one', () => {
    const town = new Town();
    town.order(EVE);
    const [block] = town.pools[0].take(3, EVE) ?? [];
    expect(town.pools[0].take(1, MIDNIGHT)).toBeUndefined();
    // A client that comes back late gives back to the old year, and nobody gets it.
    const slice = { start: (block?.start ?? 0) + 1, end: (block?.start ?? 0) + 3 };
    expect(giveBack(town.pools[0].stock, 'east-life', block?.block ?? 0, slice)).toBe('taken-back');
    expect(town.pools[0].take(1, MIDNIGHT)).toBeUndefined();
    town.order(MIDNIGHT, 1);
    town.tick(MIDNIGHT + REDECIDE_MS);
    const generations = [...town.made.ranges.generations.values()];
    expect(generations.map(({ definition }) => definition.periodStart)).toEqual(['2026-01-01', '2027-01-01']);
    expect([...town.made.shards.openShards.values()].every(({ generation }) => generation === generations[1]?.id)).toBe(true);
    expect(town.periodsOf(town.pools[0].take(2, MIDNIGHT + 2_000))).toEqual(['2027-01-01']);
  });

  test('a clock that is set back does not bring the old year back', () => {
    const town = new Town();
    town.order(EVE);
    expect(town.pools[0].take(1, MIDNIGHT)).toBeUndefined();
    expect(town.pools[0].take(1, MIDNIGHT - 5_000)).toBeUndefined();
    expect(town.periodsOf(town.pools[1].take(1, MIDNIGHT - 5_000))).toEqual(['2026-01-01']);
  });
});

describe('the reset', () => {
  test('is proposed by whoever sees it first, and accepted once: what comes second finds another generation', () => {
    const town = new Town();
    const [live] = [...town.made.ranges.live.values()];
    const one = live && owedReset(live, MIDNIGHT);
    const late = live && owedReset(live, MIDNIGHT + 5_000);
    expect(owedReset(live as NonNullable<typeof live>, MIDNIGHT - 1)).toBeUndefined();
    expect(one && append(town.made, one)).toBe('accepted');
    expect(late && append(town.made, late)).toBe('generation-not-current');
    expect(town.made.ranges.live.get('s')?.definition).toMatchObject({ start: 1n, periodStart: '2027-01-01' });
  });

  test('comes without anybody asking, and once for all the years that nobody was there', () => {
    const town = new Town();
    town.order(EVE);
    town.tick(Date.parse('2029-06-01T00:00:00Z'));
    const periods = [...town.made.ranges.generations.values()].map(({ definition }) => definition.periodStart);
    expect(periods).toEqual(['2026-01-01', '2029-01-01']);
  });

  test('fences the old year in the partition before anything of the new one is cut', () => {
    const town = new Town();
    town.order(EVE);
    town.tick(MIDNIGHT);
    town.tick(MIDNIGHT + REDECIDE_MS);
    expect(town.made.shards.minGeneration.get('s')).toBe(town.made.ranges.live.get('s')?.id);
    expect(town.made.shards.openShards.size).toBe(0);
  });
});
