/** Demand multiplied: the same moments, more values. */
import { SequenceError } from '../../core/errors.ts';
import { PER_SECOND_MAX } from './demand-collector.ts';
import type { DemandSource } from './demand-source.ts';

export function scaled(source: DemandSource, factor: number): DemandSource {
  if (factor === 1) return source;
  return {
    ...source,
    async *pieces() {
      for await (const piece of source.pieces()) {
        const more = new Uint32Array(piece.length);
        for (let second = 0; second < piece.length; second++) {
          const count = (piece[second] ?? 0) * factor;
          if (count > PER_SECOND_MAX) throw tooMany(source.name, factor);
          more[second] = count;
        }
        yield more;
      }
    },
  };
}

function tooMany(name: string, factor: number): SequenceError {
  return new SequenceError('SEQ_CONFIG_INVALID', `${name} times ${factor} has more than ${PER_SECOND_MAX} values in a second`);
}
