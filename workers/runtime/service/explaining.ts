/** Why a stream's shards have the size they have, in sentences. */
import { SequenceError } from '../../../core/errors.ts';
import type { DecisionJournal } from '../ledger/decision-journal.ts';
import type { MoveView } from '../members/pool-views.ts';
import type { Explanation, StreamStatus } from './service.ts';

/** Throws `SEQ_UNKNOWN_STREAM` for a stream that never got a shard. */
export function explanationOf(
  journal: DecisionJournal,
  stream: string,
  now: StreamStatus | undefined,
  experts: Explanation['experts'],
  moves: readonly MoveView[] = [],
  /** Which kind of pool serves it, and why. */
  kind: readonly string[] = [],
): Explanation {
  const decisions = journal.of(stream);
  if (decisions === undefined) throw new SequenceError('SEQ_UNKNOWN_STREAM', `stream ${stream} never got a shard`, { stream });
  const sentences = decisions.slice(0, 1).map((decision) => `The last shard held ${decision.sentence}.`);
  sentences.push(...kind);
  if (now !== undefined) {
    const { stock, waiting, reorderPoint, leadTimeMs, demandPerSecond, forecastMedian, forecastUpper } = now;
    sentences.push(`Now: ${stock} in stock, ${waiting} waited for, reorder point ${reorderPoint}, lead time ${leadTimeMs} ms.`);
    sentences.push(
      `Demand ${demandPerSecond.toFixed(2)}/s; forecast for a lead time ${forecastMedian.toFixed(1)}, at most ${forecastUpper.toFixed(1)}.`,
    );
  }
  if (experts.length > 0) sentences.push(trustSentence(experts));
  const [moved] = moves;
  if (moved !== undefined)
    sentences.push(`Moved from ${moved.from} to ${moved.to} at ${new Date(moved.atMs).toISOString()} (${moved.reason}): ${moved.why}.`);
  return { stream, sentences, decisions, experts, ...(moves.length > 0 && { moves }) };
}

function trustSentence(experts: Explanation['experts']): string {
  const speaking = experts.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  const silent = experts.filter(({ weight }) => weight === 0).map(({ expert }) => expert);
  const shares = speaking.map(({ expert, weight }) => `${expert} ${(100 * weight).toFixed(0)} %`);
  const trusted = shares.length === 0 ? 'No forecast is ready yet' : `The forecast is made of ${shares.join(', ')}`;
  return `${trusted}${silent.length === 0 ? '' : `; nothing is said by ${silent.join(', ')}`}.`;
}
