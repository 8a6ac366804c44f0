/** Where a bulk job takes its values: the pool of this process, under a stream of the job's own, as every other caller. */
import type { Generation } from '../../../core/ledger/ranges.ts';
import type { SequenceDefinition } from '../../../core/sequence.ts';
import type { Taken } from '../../../core/stock/take.ts';
import type { Administration } from '../ledger/administration.ts';
import { checkFromStock } from '../pool/answers.ts';
import type { Pool } from '../pool/pool.ts';
import type { ServedStream } from '../pool/served-stream.ts';
import type { StreamDirectory } from '../pool/stream-directory.ts';

export interface BulkCaller {
  readonly sequence: string;
  readonly clientType: string;
  readonly service: string;
}

export interface ValueSource {
  /** The generation that is live; throws where values cannot be taken of it. */
  generation(sequence: string): Generation;
  /** What a generation is, also when it is over. */
  definitionOf(sequence: string, generation: number): SequenceDefinition | undefined;
  streamOf(caller: BulkCaller): string;
  /** Takes up to so many, and says how many will follow: they are ordered together. Waits for an allocation where it must. */
  take(caller: BulkCaller, count: number, later: number): Promise<readonly Taken[]>;
  /** Nothing follows any more. */
  end(caller: BulkCaller): void;
  /** How many came back; 0 where the stock does not hold the block as out any more. */
  giveBack(caller: BulkCaller, taken: Taken): number | Promise<number>;
}

export interface PoolSourceOptions {
  readonly pool: Pool;
  readonly directory: StreamDirectory<ServedStream>;
  readonly administration: Administration;
}

export function poolSource({ pool, directory, administration }: PoolSourceOptions): ValueSource {
  const served = ({ sequence, clientType, service }: BulkCaller): ServedStream =>
    directory.stream(directory.entry(sequence), clientType, service);
  return {
    generation(sequence) {
      const generation = administration.live(sequence);
      checkFromStock(sequence, generation.definition);
      return generation;
    },
    definitionOf: (sequence, generation) => administration.ranges(sequence).generations.get(generation)?.definition,
    streamOf: (caller) => served(caller).id,
    take: async (caller, count, later) => await pool.takeAhead(served(caller), count, later),
    end(caller) {
      served(caller).later = 0;
    },
    giveBack(caller, { block, start, count }) {
      try {
        return pool.giveBack(served(caller), block, { start, end: start + count });
      } catch {
        return 0;
      }
    },
  };
}
