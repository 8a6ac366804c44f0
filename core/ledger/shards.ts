/**
 * The shards ledger of one allocation partition: which ranges are open here, which shards were cut from them, what came back.
 *
 * Nothing has happened until a record is read back from the log and `replayShards` accepts it. The state is folded in place by
 * its one owner; every reader (allocator, filler, audit) folds the same records with this same function, so what loses, loses
 * everywhere. See docs/how-it-works/never-twice.md.
 */
import { REQUEST_IDS_MAX } from '../limits.ts';
import { replayBurned, replayLost, replayRecalled, replayReturned } from './closing.ts';
import { replayAllocated, replayFenced, replayOpened } from './cutting.ts';
import { replayLifeOpened, replayOpsLogged } from './lives.ts';
import { knownLevel } from './ranges.ts';
import type { RequestAnswered, ShardsRecord, StreamAssigned } from './records.ts';
import { answerKey, type RangesLookup, type ShardsState, type StreamLedger } from './shards-state.ts';
import type { Verdict } from './verdict.ts';

/**
 * Judges one record at its offset. `wait` leaves the state untouched, `nextOffset` included: fold the ranges log further and
 * judge the record again. Every other verdict moves past it. Throws on a level it does not know.
 */
export function replayShards(state: ShardsState, offset: number, record: ShardsRecord, ranges: RangesLookup): Verdict {
  const verdict = judge(state, offset, record, ranges);
  if (verdict !== 'wait') state.nextOffset = offset + 1;
  return verdict;
}

function judge(state: ShardsState, offset: number, record: ShardsRecord, ranges: RangesLookup): Verdict {
  switch (record.kind) {
    case 'ShardAllocated':
      return replayAllocated(state, offset, record);
    case 'ShardReturned':
      return replayReturned(state, offset, record);
    case 'ShardRecalled':
      return replayRecalled(state, record);
    case 'RangeOpened':
      return replayOpened(state, offset, record, ranges);
    case 'GenerationFenced':
      return replayFenced(state, record);
    case 'ShardBurned':
      return replayBurned(state, record);
    case 'PoolLost':
      return replayLost(state, record);
    case 'StreamAssigned':
      return replayAssigned(state, record);
    case 'RequestAnswered':
      return replayAnswered(state, record);
    case 'LifeOpened':
      return replayLifeOpened(state, record);
    case 'OpsLogged':
      return replayOpsLogged(state, record);
    case 'LevelRaised':
      if (record.level <= state.level) return 'level-not-higher';
      state.level = knownLevel(record.level);
      return 'accepted';
  }
}

function replayAssigned(state: ShardsState, record: StreamAssigned): Verdict {
  const stream = state.streams.get(record.stream);
  if (record.assignment !== (stream?.assignment ?? 0) + 1) return 'assignment-not-next';
  // Another pool would begin where this one's database has not ended.
  if (stream?.open.some((shard) => shard.gapless === true)) return 'gapless-shard-open';
  if (stream === undefined) state.streams.set(record.stream, newStream(record.stream, record.pool));
  else {
    stream.pool = record.pool;
    stream.assignment = record.assignment;
  }
  return 'accepted';
}

function replayAnswered(state: ShardsState, record: RequestAnswered): Verdict {
  const key = answerKey(record.stream, record.request);
  // The first accepted answer is the answer: whoever loses here burns its block and repeats the winner's.
  if (state.answers.has(key)) return 'request-answered-before';
  state.answers.set(key, { payloadHash: record.payloadHash, blocks: record.blocks });
  // Forgetting counts accepted answers, never a clock, so that every reader forgets the same ones.
  if (state.answers.size > REQUEST_IDS_MAX) {
    for (const oldest of state.answers.keys()) {
      state.answers.delete(oldest);
      break;
    }
  }
  return 'accepted';
}

function newStream(id: string, pool: string): StreamLedger {
  return { id, pool, assignment: 1, lastOrder: 0, high: 0, highGeneration: -1, open: [] };
}
