/** Exports both ledgers as JSON lines: every record in log order, and what the project's own fold says of it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { openKafka } from '../../adapters/kafka/kafka.ts';
import { emptyRanges, type RangesState, replayRanges } from '../../core/ledger/ranges.ts';
import type { RangesRecord, ShardsRecord } from '../../core/ledger/records.ts';
import { replayShards } from '../../core/ledger/shards.ts';
import { emptyShards } from '../../core/ledger/shards-state.ts';
import type { EventLog } from '../../pipelines/ports.ts';
import { decode } from '../../schemas/codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import type { LedgerLine } from './checker/lines.ts';

const READ_LIMIT = 4_096;

export async function exportLedger(brokers: readonly string[], partitionCount: number, file: string): Promise<number> {
  const { log, close } = await openKafka({ brokers: [...brokers], clientId: 'chaos-export', partitionCount, onFailure: () => undefined });
  const out = openSync(file, 'w');
  let records = 0;
  const write = (line: LedgerLine): void => {
    writeSync(out, `${JSON.stringify(line, textOfBigint)}\n`);
    records++;
  };
  try {
    const ranges: RangesState[] = [];
    for (let partition = 0; partition < partitionCount; partition++) {
      const state = emptyRanges(partition);
      ranges.push(state);
      for await (const { offset, atMs, bytes } of entriesOf(log, TOPICS.ranges.name, partition)) {
        const record = decode(bytes) as RangesRecord;
        write({ log: 'ranges', partition, offset, at: atMs, verdict: replayRanges(state, offset, record), record: { ...record } });
      }
    }
    for (let partition = 0; partition < partitionCount; partition++) {
      const state = emptyShards(partition);
      for await (const { offset, atMs, bytes } of entriesOf(log, TOPICS.shards.name, partition)) {
        const record = decode(bytes) as ShardsRecord;
        const verdict = replayShards(state, offset, record, (of) => ranges[of] as RangesState);
        write({ log: 'shards', partition, offset, at: atMs, verdict, record: { ...record } });
      }
    }
  } finally {
    closeSync(out);
    await close();
  }
  return records;
}

async function* entriesOf(log: EventLog, topic: string, partition: number) {
  const end = await log.endOffset(topic, partition);
  for (let next = 0; next < end; ) {
    const entries = await log.read(topic, partition, next, READ_LIMIT);
    if (entries.length === 0) return;
    yield* entries;
    next = (entries.at(-1)?.offset ?? next) + 1;
  }
}

function textOfBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
