/**
 * The stock against a model that knows one thing of each ordinal: who has it. Whatever is called in whatever order, with right,
 * wrong and repeated arguments, no ordinal is issued twice, none is lost, and the stock counts what the model counts.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forget, giveBack, load, remint, revoke } from '../../../core/stock/stock.ts';
import { emptyStock, type StockState } from '../../../core/stock/stock-state.ts';
import { type Taken, take } from '../../../core/stock/take.ts';
import { shardOf } from './stock-fixture.ts';

const STREAMS = ['s/x/y', 's/z/y'] as const;

/** `kept`: given back in an ordered stream, so it only returns. */
type Whereabouts = 'stock' | 'issued' | 'kept' | 'revoked' | 'gone';

interface Model {
  readonly ordered: boolean;
  life: number;
  nextShard: number;
  nextOrdinal: number;
  readonly ordinals: Map<number, Whereabouts>;
  readonly streamOf: Map<number, string>;
  /** Shards by id: where they begin and end, and whether they were revoked. */
  readonly shards: Map<number, { readonly start: number; readonly end: number; readonly stream: string; revoked: boolean }>;
  readonly out: (Taken & { readonly life: number })[];
}

interface Real {
  readonly state: StockState;
}

type StockCommand = fc.Command<Model, Real>;

const lifeOf = (model: Model): string => `life-${model.life}`;
const where = (model: Model, wanted: Whereabouts, stream?: string): number =>
  [...model.ordinals].filter(([ordinal, is]) => is === wanted && (stream === undefined || model.streamOf.get(ordinal) === stream)).length;

function command(text: string, run: (model: Model, real: Real) => void): StockCommand {
  return {
    check: () => true,
    run(model, real) {
      run(model, real);
      for (const stream of STREAMS) expect(real.state.streams.get(stream)?.available ?? 0).toBe(where(model, 'stock', stream));
    },
    toString: () => text,
  };
}

function move(model: Model, start: number, end: number, from: readonly Whereabouts[], to: Whereabouts): void {
  for (let ordinal = start; ordinal < end; ordinal++) {
    const is = model.ordinals.get(ordinal);
    expect(is !== undefined && from.includes(is), `ordinal ${ordinal} is ${is}, should be ${from.join(' or ')}`).toBe(true);
    model.ordinals.set(ordinal, to);
  }
}

const loads = fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 12 })).map(([s, size]) =>
  command(`load ${size} for ${STREAMS[s]}`, (model, { state }) => {
    const [shard, start, stream] = [model.nextShard++, model.nextOrdinal, STREAMS[s] as string];
    model.nextOrdinal += size;
    const toLoad = shardOf(shard, start, start + size, { stream, ordered: model.ordered });
    expect(load(state, 'another life', toLoad)).toBe('fenced');
    expect(load(state, lifeOf(model), toLoad)).toBe('loaded');
    expect(load(state, lifeOf(model), toLoad)).toBe('held');
    model.shards.set(shard, { start, end: start + size, stream, revoked: false });
    for (let ordinal = start; ordinal < start + size; ordinal++) {
      model.ordinals.set(ordinal, 'stock');
      model.streamOf.set(ordinal, stream);
    }
  }),
);

const takes = fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 15 }), fc.boolean()).map(([s, count, numbered]) =>
  command(`take ${count} of ${STREAMS[s]}`, (model, { state }) => {
    const stream = STREAMS[s] as string;
    const enough = where(model, 'stock', stream) >= count;
    const taken = take(state, state.streams.get(stream), count, numbered, 0);
    expect(taken !== undefined).toBe(enough);
    let last = -1;
    for (const block of taken ?? []) {
      move(model, block.start, block.start + block.count, ['stock'], 'issued');
      expect(model.streamOf.get(block.start)).toBe(stream);
      if (model.ordered) expect(block.start).toBeGreaterThan(last);
      last = block.start;
      if (numbered) model.out.push({ ...block, life: model.life });
    }
    if (taken !== undefined) expect(taken.reduce((sum, block) => sum + block.count, 0)).toBe(count);
  }),
);

const gives = fc.tuple(fc.nat(), fc.nat(9), fc.nat(9), fc.boolean()).map(([pick, from, length, again]) =>
  command(`give back [+${from}, +${length})${again ? ' twice' : ''}`, (model, { state }) => {
    const block = model.out[pick % Math.max(model.out.length, 1)];
    if (block === undefined) return expect(giveBack(state, lifeOf(model), 999_999, { start: 0, end: 1 })).toBe('unknown-block');
    const slice = { start: block.start + from, end: block.start + from + length };
    const shard = model.shards.get(block.shard);
    const inside = length > 0 && slice.end <= block.start + block.count;
    const known = inside && block.life === model.life && shard?.revoked === false;
    const atEnd = model.ordered && slice.end === shard?.end;
    const expected = !known ? 'unknown-block' : atEnd ? 'full' : 'taken-back';
    expect(giveBack(state, lifeOf(model), block.block, slice)).toBe(expected);
    if (expected !== 'taken-back') return;
    model.out.splice(model.out.indexOf(block), 1);
    move(model, slice.start, slice.end, ['issued'], model.ordered ? 'kept' : 'stock');
    if (again) expect(giveBack(state, lifeOf(model), block.block, slice)).toBe('unknown-block');
  }),
);

const revokes = fc.tuple(fc.nat(), fc.boolean()).map(([pick, forgets]) =>
  command(`revoke${forgets ? ' and forget' : ''}`, (model, { state }) => {
    const [id, shard] = [...model.shards][pick % Math.max(model.shards.size, 1)] ?? [];
    if (id === undefined || shard === undefined) return expect(revoke(state, lifeOf(model), 0, -1)).toBe('absent');
    const slices = revoke(state, lifeOf(model), 0, id);
    expect(revoke(state, lifeOf(model), 0, id)).toBe(slices);
    if (typeof slices === 'string') throw new Error(`a shard of this life is ${slices}`);
    const named = slices.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));
    const now: Whereabouts[] = shard.revoked ? ['revoked'] : ['stock', 'kept'];
    const rest = Array.from({ length: shard.end - shard.start }, (_, i) => shard.start + i);
    expect(named).toEqual(rest.filter((ordinal) => now.includes(model.ordinals.get(ordinal) as Whereabouts)));
    for (const ordinal of named) move(model, ordinal, ordinal + 1, now, 'revoked');
    shard.revoked = true;
    if (!forgets) return;
    forget(state, 0, id);
    model.shards.delete(id);
    for (const ordinal of named) move(model, ordinal, ordinal + 1, ['revoked'], 'gone');
  }),
);

const remints = fc.constant(
  command('remint', (model, { state }) => {
    model.life++;
    remint(state, lifeOf(model));
    model.shards.clear();
    for (const [ordinal, is] of model.ordinals) if (is !== 'issued') model.ordinals.set(ordinal, 'gone');
  }),
);

const program = fc.commands([loads, loads, takes, takes, takes, gives, gives, revokes, remints], { maxCommands: 40, size: 'max' });

describe('a stock', () => {
  test.each([false, true])('issues nothing twice and loses nothing, order kept: %s', (ordered) => {
    fc.assert(
      fc.property(program, (commands) => {
        const model: Model = {
          ordered,
          life: 1,
          nextShard: 0,
          nextOrdinal: 0,
          ordinals: new Map(),
          streamOf: new Map(),
          shards: new Map(),
          out: [],
        };
        fc.modelRun(() => ({ model, real: { state: emptyStock('life-1') } }), commands);
        const all: Whereabouts[] = ['stock', 'issued', 'kept', 'revoked', 'gone'];
        expect(all.reduce((sum, each) => sum + where(model, each), 0)).toBe(model.nextOrdinal);
      }),
      { numRuns: 200 },
    );
  });
});
