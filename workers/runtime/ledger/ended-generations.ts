/** What a process forgets of a sequence when another generation of it begins, or none. */
import { SequenceError } from '../../../core/errors.ts';
import type { Pool } from '../pool/pool.ts';
import type { ServedStream } from '../pool/served-stream.ts';
import type { StreamDirectory } from '../pool/stream-directory.ts';
import type { LedgerReader } from './ledger-reader.ts';

/** A dropped or restarted sequence is looked up afresh, and whoever waits for a dropped one is told. */
export function forgetEndedGenerations(reader: LedgerReader, directory: StreamDirectory<ServedStream>, pool: Pool): void {
  reader.listen({
    onRanges: (_, __, record, verdict, live) => {
      if (!live || verdict !== 'accepted' || record.kind === 'RangeClaimed' || record.kind === 'LevelRaised') return;
      directory.forget(record.name);
      if (record.kind !== 'SequenceDropped') return;
      pool.rejectSequence(
        record.name,
        () => new SequenceError('SEQ_DROPPED', `sequence ${record.name} was dropped`, { sequence: record.name }),
      );
    },
  });
}
