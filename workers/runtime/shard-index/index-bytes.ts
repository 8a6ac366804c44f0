/**
 * The index of one partition as bytes, for a snapshot: a head as JSON, then the pages as they are in memory. With it goes the state of the
 * ledger at the same record, from which the records that follow can be judged. Bytes of another form are ignored, and the index is
 * folded again.
 */
import { PartitionIndex } from './partition-index.ts';
import { ShardBook } from './shard-book.ts';
import { type RunExtras, ShardRun } from './shard-run.ts';

/** Raised when the pages or the head change their form. */
const FORM = 1;
const LENGTH_BYTES = 4;

interface Head {
  readonly form: number;
  readonly partition: number;
  /** Next record of the consumption topic that was not folded. */
  readonly consumptionNext: number;
  readonly ledger: string;
  readonly streams: readonly string[];
  readonly holders: readonly string[];
  readonly books: readonly {
    readonly name: string;
    readonly generation: number;
    readonly runs: readonly RunExtras[];
    readonly loose: RunExtras;
  }[];
}

export interface SavedIndex {
  readonly index: PartitionIndex;
  readonly consumptionNext: number;
  /** The folded ledger of the partition, as `shardsToJson` writes it. */
  readonly ledger: string;
}

export function indexToBytes({ index, consumptionNext, ledger }: SavedIndex): Uint8Array {
  const books = [...index.books.values()];
  const head: Head = {
    form: FORM,
    partition: index.partition,
    consumptionNext,
    ledger,
    streams: index.streams.all(),
    holders: index.holders.all(),
    books: books.map(({ name, generation, runs, loose }) => ({
      name,
      generation,
      runs: runs.map((run) => run.extras()),
      loose: loose.extras(),
    })),
  };
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.byteLength);
  return Buffer.concat([length, text, ...books.flatMap(({ runs, loose }) => [...runs, loose].flatMap((run) => run.rowBytes()))]);
}

/** Undefined for bytes of another form. */
export function indexFromBytes(bytes: Uint8Array): SavedIndex | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const textEnd = LENGTH_BYTES + buffer.readUInt32LE(0);
  const head = JSON.parse(buffer.toString('utf8', LENGTH_BYTES, textEnd)) as Head;
  if (head.form !== FORM) return undefined;
  const index = new PartitionIndex(head.partition);
  for (const name of head.streams) index.streams.numberOf(name);
  for (const name of head.holders) index.holders.numberOf(name);
  let next = textEnd;
  const restored = (extras: RunExtras): ShardRun => {
    const { run, next: after } = ShardRun.restored(extras, bytes, next);
    next = after;
    return run;
  };
  for (const { name, generation, runs, loose } of head.books) {
    const book = new ShardBook(name, generation);
    for (const extras of runs) book.runs.push(restored(extras));
    book.loose = restored(loose);
    index.restore(book);
  }
  return { index, consumptionNext: head.consumptionNext, ledger: head.ledger };
}
