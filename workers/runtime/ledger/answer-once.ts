/**
 * One answer per request id, for ever: take, append the answer to the ledger, and answer only from the first record that was
 * accepted. Whoever comes second burns what it took.
 */
import { createHash } from 'node:crypto';
import { SequenceError } from '../../../core/errors.ts';
import { answerKey, type ShardsState } from '../../../core/ledger/shards-state.ts';
import type { Taken } from '../../../core/stock/take.ts';
import { partitionOf } from '../../../core/stream.ts';
import type { LedgerReader } from './ledger-reader.ts';

export interface AnswerOnceOptions<T> {
  readonly reader: LedgerReader;
  readonly partitionCount: number;
  readonly stream: string;
  /** Partition that the stream's shards are cut in. */
  readonly shardsPartition: number;
  readonly count: number;
  readonly key: string;
  readonly take: () => Promise<readonly Taken[]>;
  readonly answered: (blocks: readonly Taken[]) => T;
}

/** Throws `SEQ_REQUEST_CONFLICT` where the id was used for another request. */
export async function answerOnce<T>(options: AnswerOnceOptions<T>): Promise<T> {
  const { reader, partitionCount, stream, count, key, take, answered } = options;
  // Always the partition of the stream's own name: an altered sequence may be cut elsewhere, its answers must not move.
  const partition = partitionOf(stream, partitionCount);
  const payloadHash = payloadHashOf(stream, count);
  const state = reader.shards[partition] as ShardsState;
  const known = recorded(options, state, payloadHash);
  if (known !== undefined) return answered(known);
  const blocks = (await take()).map(({ generation, shard, start, count: size }) => ({ generation, shard, start, end: start + size }));
  await reader.append('shards', partition, [{ kind: 'RequestAnswered', request: key, stream, payloadHash, blocks }]);
  const first = recorded(options, state, payloadHash);
  if (first === undefined) throw new SequenceError('SEQ_APPEND_UNKNOWN', `the answer to request ${key} was not read back`);
  return answered(first);
}

/** What a request asks for, short: another payload under the same id is a conflict. */
export function payloadHashOf(stream: string, count: number): string {
  return createHash('sha256').update(`${stream}\n${count}`).digest('hex').slice(0, 32);
}

function recorded<T>(options: AnswerOnceOptions<T>, state: ShardsState, payloadHash: string): Taken[] | undefined {
  const { stream, key, shardsPartition } = options;
  const answer = state.answers.get(answerKey(stream, key));
  if (answer === undefined) return undefined;
  if (answer.payloadHash !== payloadHash) {
    throw new SequenceError('SEQ_REQUEST_CONFLICT', `request id ${key} was used for another request of stream ${stream}`, { request: key });
  }
  return answer.blocks.map(({ generation, shard, start, end }) => ({
    generation,
    partition: shardsPartition,
    shard,
    start,
    count: end - start,
    block: 0,
  }));
}
