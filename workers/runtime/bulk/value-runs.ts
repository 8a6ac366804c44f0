/** From the ordinals that a job took to runs of values: split only where a cycle wraps. */
import type { ValueRun } from '../../../adapters/duckdb/bulk-files.ts';
import { runLength, type SequenceDefinition, valueAt } from '../../../core/sequence.ts';
import type { TakenRun } from './checkpoint.ts';

export function valueRuns(definition: SequenceDefinition, taken: readonly TakenRun[]): ValueRun[] {
  const runs: ValueRun[] = [];
  for (const { start, count } of taken) {
    for (let done = 0; done < count; ) {
      const size = runLength(definition, start + done, count - done);
      runs.push({ start: valueAt(definition, start + done), count: size, increment: definition.increment });
      done += size;
    }
  }
  return runs;
}
