/**
 * Folded ledger states as canonical JSON, for snapshots and for comparing readers: the same records give the same bytes, whether
 * folded from zero or from a snapshot on, because every map is written in the order in which the fold filled it.
 */
import type { Interval } from '../interval.ts';
import { capacityOf, PLAIN_ATTRIBUTES, type SequenceDefinition } from '../sequence.ts';
import { emptyRanges, type Generation, LEDGER_LEVEL, type RangesState } from './ranges.ts';
import type { Decision } from './records.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import { type Answer, emptyShards, type PoolLife, type Shard, type ShardsState, type Source, type StreamLedger } from './shards-state.ts';

/**
 * Raised when the shape below changes: a snapshot of another shape is ignored, never converted. What 4 has beside 2 is left out where a
 * ledger holds nothing of it, so that a state of 2 is one of 4, byte for byte.
 */
export const STATE_SCHEMA = 4;
const STATE_SCHEMA_MIN = 2;

/** True where a snapshot was taken by rules and in a shape that this version knows. */
export function isReadableState({ level, stateSchema }: { readonly level: number; readonly stateSchema: number }): boolean {
  return level <= LEDGER_LEVEL && stateSchema >= STATE_SCHEMA_MIN && stateSchema <= STATE_SCHEMA;
}

type Plain = typeof PLAIN_ATTRIBUTES;
type DefinitionJson = Omit<SequenceDefinition, 'start' | 'increment' | 'min' | 'max' | keyof Plain> &
  Partial<Pick<SequenceDefinition, keyof Plain>> &
  Record<'start' | 'increment' | 'min' | 'max', string>;

interface RangesJson {
  readonly partition: number;
  readonly level: number;
  readonly nextOffset: number;
  readonly generations: readonly { id: number; name: string; definition: DefinitionJson; next: number; partitions: number[] }[];
  readonly live: readonly number[];
  readonly dropped: readonly (readonly [string, number])[];
  readonly claims: readonly (Interval & { offset: number; name: string; generation: number; partition: number })[];
}

export function rangesToJson(state: RangesState): string {
  const json: RangesJson = {
    partition: state.partition,
    level: state.level,
    nextOffset: state.nextOffset,
    generations: [...state.generations.values()].map(({ id, name, definition, next, partitions }) => ({
      id,
      name,
      definition: definitionToJson(definition),
      next,
      partitions: [...partitions],
    })),
    live: [...state.live.values()].map((generation) => generation.id),
    dropped: [...state.dropped],
    claims: [...state.claims.values()],
  };
  return JSON.stringify(json);
}

export function rangesFromJson(text: string, rules: Rules = ALL_RULES): RangesState {
  const json = JSON.parse(text) as RangesJson;
  const state = emptyRanges(json.partition, rules);
  state.level = json.level;
  state.nextOffset = json.nextOffset;
  for (const { id, name, definition: written, next, partitions } of json.generations) {
    const definition = definitionFromJson(written);
    const generation: Generation = { id, name, definition, capacity: capacityOf(definition), next, partitions: new Set(partitions) };
    state.generations.set(id, generation);
  }
  for (const id of json.live) {
    const generation = state.generations.get(id);
    if (generation !== undefined) state.live.set(generation.name, generation);
  }
  for (const [name, offset] of json.dropped) state.dropped.set(name, offset);
  for (const claim of json.claims) state.claims.set(claim.offset, claim);
  return state;
}

interface ShardJson extends Interval {
  readonly id: number;
  readonly name: string;
  readonly generation: number;
  readonly ordered: boolean;
  readonly wholeOrder: boolean;
  readonly gapless?: true;
  readonly pool: string;
  readonly incarnation: string;
  readonly order: number;
  readonly decision: Decision;
  readonly recalled: boolean;
}

type StreamJson = Omit<StreamLedger, 'open'> & { readonly open: readonly ShardJson[] };

interface ShardsJson {
  readonly partition: number;
  readonly level: number;
  readonly nextOffset: number;
  readonly sources: readonly (readonly [string, readonly Source[]])[];
  readonly streams: readonly StreamJson[];
  /** Ids of all open shards in the order of the fold. */
  readonly open: readonly number[];
  readonly minGeneration: readonly (readonly [string, number])[];
  readonly openedClaims: readonly string[];
  readonly lost: readonly string[];
  readonly answers: readonly (readonly [string, Answer])[];
  readonly lives?: readonly (readonly [string, PoolLife])[];
}

export function shardsToJson(state: ShardsState): string {
  const json: ShardsJson = {
    partition: state.partition,
    level: state.level,
    nextOffset: state.nextOffset,
    sources: [...state.sources].map(([name, ofName]) => [name, [...ofName.values()]]),
    streams: [...state.streams.values()].map((stream) => ({ ...stream, open: stream.open.map(shardToJson) })),
    open: [...state.openShards.keys()],
    minGeneration: [...state.minGeneration],
    openedClaims: [...state.openedClaims],
    lost: [...state.lost],
    answers: [...state.answers],
    ...(state.lives.size > 0 && { lives: [...state.lives] }),
  };
  return JSON.stringify(json);
}

export function shardsFromJson(text: string, rules: Rules = ALL_RULES): ShardsState {
  const json = JSON.parse(text) as ShardsJson;
  const state = emptyShards(json.partition, rules);
  state.level = json.level;
  state.nextOffset = json.nextOffset;
  for (const [name, sources] of json.sources) state.sources.set(name, new Map(sources.map((source) => [source.id, { ...source }])));
  const shards = new Map<number, Shard>();
  for (const { open, ...rest } of json.streams) {
    const stream: StreamLedger = { ...rest, open: [] };
    for (const each of open) {
      const shard: Shard = { ...each, stream };
      stream.open.push(shard);
      shards.set(shard.id, shard);
    }
    state.streams.set(stream.id, stream);
  }
  for (const id of json.open) {
    const shard = shards.get(id);
    if (shard !== undefined) state.openShards.set(id, shard);
  }
  for (const [name, generation] of json.minGeneration) state.minGeneration.set(name, generation);
  for (const claim of json.openedClaims) state.openedClaims.add(claim);
  for (const incarnation of json.lost) state.lost.add(incarnation);
  for (const [key, answer] of json.answers) state.answers.set(key, answer);
  for (const [pool, life] of json.lives ?? []) state.lives.set(pool, life);
  return state;
}

function shardToJson(shard: Shard): ShardJson {
  const { id, name, generation, ordered, wholeOrder, gapless, pool, incarnation, order, decision, recalled, start, end } = shard;
  const rest = { pool, incarnation, order, decision, recalled, start, end };
  return { id, name, generation, ordered, wholeOrder, ...(gapless && { gapless }), ...rest };
}

function definitionToJson(definition: SequenceDefinition): DefinitionJson {
  const { start, increment, min, max } = definition;
  const plain = Object.entries(PLAIN_ATTRIBUTES) as [keyof Plain, string][];
  const unsaid = Object.fromEntries(plain.filter(([name, value]) => definition[name] === value).map(([name]) => [name, undefined]));
  return { ...definition, start: String(start), increment: String(increment), min: String(min), max: String(max), ...unsaid };
}

function definitionFromJson(json: DefinitionJson): SequenceDefinition {
  const { start, increment, min, max } = json;
  // What was said comes first, so that the state is written again to the same bytes.
  return { ...json, ...PLAIN_ATTRIBUTES, ...json, start: BigInt(start), increment: BigInt(increment), min: BigInt(min), max: BigInt(max) };
}
