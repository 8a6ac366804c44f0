/** Counts what the ledger accepted since this process began to follow it. */
import type { ShardsRecord } from '../../../core/ledger/records.ts';
import type { LedgerReader } from './ledger-reader.ts';

export class LedgerCounts {
  allocations = 0;
  allocatedValues = 0;
  returns = 0;
  returnedValues = 0;
  recalls = 0;
  lostPools = 0;

  constructor(reader: LedgerReader) {
    reader.listen({
      onShards: (_, __, record, verdict, live) => {
        if (live && verdict === 'accepted') this.#count(record);
      },
    });
  }

  #count(record: ShardsRecord): void {
    if (record.kind === 'ShardAllocated') {
      this.allocations++;
      this.allocatedValues += record.end - record.start;
    } else if (record.kind === 'ShardReturned') {
      this.returns++;
      for (const slice of record.slices) this.returnedValues += slice.end - slice.start;
    } else if (record.kind === 'ShardRecalled') this.recalls++;
    else if (record.kind === 'PoolLost') this.lostPools++;
  }
}
