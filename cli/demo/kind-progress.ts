/** What the demo shows of the pools beside the stock of its three streams: a database, with and without gaps, and ranges cut for a call. */
import type { PoolKind } from '../../core/pool-kind.ts';
import { compact, grouped } from './figures.ts';

export interface KindProgress {
  readonly sequence: string;
  readonly way: 'durable' | 'gapless' | 'blocks';
  /** Kind of pool that serves it now, by what is promised and by usage. */
  readonly kind: PoolKind;
  readonly calls: number;
  readonly values: number;
  /** Of the values of this demo, those that came twice. */
  readonly duplicates: number;
  /** Values in stock for it that nobody asked for yet. */
  readonly stock: number;
  /** Gapless only: numbers up to the highest one that are confirmed, and reservations that were cancelled. */
  readonly highest?: number;
  readonly cancelled?: number;
  /** Gapless only: numbers up to the highest one that are not confirmed; 0 once the demo has ended. */
  readonly missing?: number;
  /** What ended it before its time. */
  readonly fault?: string;
}

/** At most two lines of a screen. */
export function kindLines(kinds: readonly KindProgress[]): string[] {
  const ways = { durable: [] as string[], blocks: [] as string[] };
  for (const each of kinds)
    (each.way === 'blocks' ? ways.blocks : ways.durable).push(`${each.sequence} (${each.kind}) ${figureText(each)}`);
  return [ways.durable, ways.blocks].filter((texts) => texts.length > 0).map((texts) => texts.join(' · '));
}

function figureText({ way, calls, values, stock, highest = 0, cancelled = 0, missing = 0, fault }: KindProgress): string {
  if (fault !== undefined) return `ended: ${fault}`;
  if (way === 'durable') return `${grouped(calls)} calls on disk first`;
  if (way === 'blocks') return `${compact(values)} values in ${grouped(calls)} calls, each cut its own range; in stock: ${grouped(stock)}`;
  return `1..${grouped(highest)}, cancelled ${grouped(cancelled)}, open ${grouped(missing)}`;
}

/** For the end: what was promised, and whether it was kept. */
export function kindSentences(kinds: readonly KindProgress[]): string[] {
  return kinds.map((each) => `${each.sequence}, pool kind ${each.kind}: ${sentenceOf(each)}`);
}

function sentenceOf({ way, calls, values, duplicates, highest = 0, cancelled = 0, missing = 0, fault }: KindProgress): string {
  const counted = `${grouped(values)} values in ${grouped(calls)} calls, ${grouped(duplicates)} duplicates`;
  const ended = fault === undefined ? '' : `; ended early: ${fault}`;
  if (way === 'durable') return `${counted}, each call on the disk before it was answered${ended}`;
  if (way === 'blocks') return `${counted}, each call cut its own range${ended}`;
  const whole =
    missing === 0 ? `invoices 1..${grouped(highest)} without a gap` : `${grouped(missing)} numbers missing of 1..${grouped(highest)}`;
  return `${whole}, after ${grouped(cancelled)} cancelled reservations, ${grouped(duplicates)} duplicates${ended}`;
}
