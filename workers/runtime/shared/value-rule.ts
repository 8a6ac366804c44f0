/** How a store without big integers turns the ordinals of a generation into values. */
import { ORDINAL_MAX } from '../../../core/limits.ts';
import { periodOf, type SequenceDefinition } from '../../../core/sequence.ts';
import type { ValueRule } from '../../../pipelines/ports.ts';

export function valueRuleOf(definition: SequenceDefinition): ValueRule {
  const { start, increment, min, max, cycle } = definition;
  const rule = { start: String(start), increment: String(increment), passStart: String(increment > 0n ? min : max) };
  const firstPass = increment > 0n ? (max - start) / increment + 1n : (start - min) / -increment + 1n;
  // A first pass that outlasts every ordinal never wraps.
  if (!cycle || firstPass > BigInt(ORDINAL_MAX)) return { ...rule, firstPass: 0, period: 0 };
  const period = periodOf(definition);
  return { ...rule, firstPass: Number(firstPass), period: period > BigInt(ORDINAL_MAX) ? ORDINAL_MAX : Number(period) };
}
