/** Replies of the stock's functions, as the port wants them. The heads of the Lua files say how each is built. */
import type { Interval } from '../../core/interval.ts';
import type {
  CursorReport,
  LoadOutcome,
  NextReply,
  PollReply,
  RevokeReply,
  StockCursor,
  StreamNews,
  TakenBlock,
} from '../../pipelines/ports.ts';

/** A reply: its first word says what happened, its second which life the stock lives. Numbers in it are text. */
export type StockReply = readonly [outcome: string, incarnation: string, ...rest: unknown[]];

/** Words of a line before its blocks, and numbers of each block. */
const LINE_HEAD = 3;
const BLOCK_WIDTH = 6;
/** Numbers that a cursor report says of each shard. */
const MOVED_WIDTH = 6;

export function nextReply(reply: StockReply | string): NextReply {
  if (typeof reply === 'string') return takenReply(reply);
  const [outcome, incarnation, detail] = reply;
  switch (outcome) {
    case 'empty':
      return { outcome, incarnation, stock: Number(detail) };
    case 'moved':
      return { outcome, incarnation, pool: detail as string };
    default:
      return { outcome: outcome as 'unleased' | 'conflict', incarnation };
  }
}

/** Replies of `seqcast_next_each`, in the order of its calls; an error stands where one was refused. */
export function eachReply(reply: StockReply | string): (NextReply | Error)[] {
  const [, , ...replies] = reply as readonly [string, string, ...(StockReply | string | Error)[]];
  return replies.map((each) => (each instanceof Error ? each : nextReply(each)));
}

function takenReply(line: string): NextReply {
  const words = line.split(' ');
  const blocks: TakenBlock[] = [];
  for (let at = LINE_HEAD; at < words.length; at += BLOCK_WIDTH) {
    blocks.push({
      generation: Number(words[at]),
      partition: Number(words[at + 1]),
      shard: Number(words[at + 2]),
      start: Number(words[at + 3]),
      count: Number(words[at + 4]),
      block: Number(words[at + 5]),
    });
  }
  return { outcome: 'taken', incarnation: words[1] ?? '', blocks, repeated: words[2] === '1' };
}

export function loadOutcome([outcome]: StockReply): LoadOutcome {
  return outcome as LoadOutcome;
}

export function revokeReply([outcome, incarnation, slices]: StockReply): RevokeReply {
  if (outcome === 'revoked') return { outcome, incarnation, slices: intervals(slices as string[]) };
  return { outcome: outcome as 'absent' | 'fenced', incarnation };
}

export function pollReply([outcome, incarnation, ...rest]: StockReply): PollReply {
  if (outcome === 'standby') return { outcome, incarnation, holder: rest[0] as string };
  return { outcome: 'polled', incarnation, news: (rest as NewsRow[]).map(streamNews) };
}

type NewsRow = readonly [stream: string, ...counts: string[], closable: string[]];

function streamNews(row: NewsRow): StreamNews {
  const [stream, ...counts] = row.slice(0, -1) as string[];
  const [stock, waiting, requests, stalls, demanded, issued, returned, largestRequest] = counts.map(Number) as Eight;
  const exhausted = pairs(row.at(-1) as string[]).map(([partition, shard]) => ({ partition, shard }));
  return { stream: stream ?? '', stock, waiting, requests, stalls, demanded, issued, returned, largestRequest, exhausted };
}

type Eight = [number, number, number, number, number, number, number, number];

export function cursorReports([, , ...rows]: StockReply): CursorReport[] {
  return (rows as (readonly [string, string, string[]])[]).map(([stream, sequenceNumber, moved]) => {
    const cursors: CursorReport['cursors'][number][] = [];
    for (let at = 0; at < moved.length; at += MOVED_WIDTH) {
      const [generation = 0, partition = 0, shard = 0, from = 0, to = 0, returned = 0] = moved.slice(at, at + MOVED_WIDTH).map(Number);
      cursors.push({ generation, partition, shard, from, to, returned });
    }
    return { stream, sequenceNumber: Number(sequenceNumber), cursors };
  });
}

type CursorRow = readonly [string, string, string, string, string, string, string, string[], string, string[]];

export function stockCursors(rows: readonly unknown[]): StockCursor[] {
  return (rows as readonly CursorRow[]).map(
    ([stream, generation, partition, shard, start, end, cursor, recycled, isRevoked, revoked]): StockCursor => ({
      stream,
      generation: Number(generation),
      partition: Number(partition),
      shard: Number(shard),
      start: Number(start),
      end: Number(end),
      cursor: Number(cursor),
      recycled: intervals(recycled),
      revoked: isRevoked === '1' ? intervals(revoked) : undefined,
    }),
  );
}

function intervals(flat: readonly string[]): Interval[] {
  return pairs(flat).map(([start, end]) => ({ start, end }));
}

function pairs(flat: readonly string[]): [number, number][] {
  const found: [number, number][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) found.push([Number(flat[at]), Number(flat[at + 1])]);
  return found;
}
