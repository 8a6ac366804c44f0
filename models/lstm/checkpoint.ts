/**
 * A training under way as bytes: parameters, the optimiser's moments and the steps done by the network being trained, and the
 * parameters of those that are done. A training that goes on from it ends in the same bytes as one that was never interrupted.
 */
import { parameterCount } from './parameters.ts';
import type { TrainingPlan } from './plan.ts';
import type { LstmSpec } from './spec.ts';
import type { TrainingState } from './training.ts';
import { checkSpec, floatBytes, floatsOf, framed, invalid, sha256, unframed } from './weights.ts';

export interface LstmCheckpoint {
  readonly spec: LstmSpec;
  readonly seeds: readonly number[];
  readonly plan: Omit<TrainingPlan, 'seed'>;
  /** Networks of earlier seeds, done. */
  readonly done: readonly Float32Array[];
  /** The network of the next seed, under way. */
  readonly state: TrainingState;
}

const FORMAT = 'seqcast-lstm-checkpoint@1';
const MAGIC = 'SQLC';

export function encodeCheckpoint({ spec, seeds, plan, done, state }: LstmCheckpoint): Uint8Array {
  const parts = [...done, state.parameters, state.firstMoments, state.secondMoments];
  const payload = Buffer.concat(parts.map(floatBytes));
  return framed(MAGIC, { format: FORMAT, spec, seeds, plan, done: done.length, step: state.step, sha256: sha256(payload) }, payload);
}

/** Throws SEQ_MODEL_INVALID. */
export function decodeCheckpoint(bytes: Uint8Array): LstmCheckpoint {
  const { header, payload } = unframed(MAGIC, bytes);
  const { format, spec, seeds, plan, done, step, sha256: expected } = header as Record<string, unknown>;
  if (format !== FORMAT) throw invalid(`its format is ${String(format)}, not ${FORMAT}`);
  checkSpec(spec);
  const count = parameterCount(spec);
  if (!Array.isArray(seeds) || typeof done !== 'number' || typeof step !== 'number' || typeof plan !== 'object' || plan === null) {
    throw invalid('its header is incomplete');
  }
  if (payload.length !== (done + 3) * count * Float32Array.BYTES_PER_ELEMENT) throw invalid('it is cut');
  if (sha256(payload) !== expected) throw invalid('it does not match its checksum');
  const part = (i: number): Float32Array => floatsOf(payload, i * count, count);
  return {
    spec,
    seeds: seeds.map(Number),
    plan: plan as LstmCheckpoint['plan'],
    done: Array.from({ length: done }, (_, i) => part(i)),
    state: { step, parameters: part(done), firstMoments: part(done + 1), secondMoments: part(done + 2) },
  };
}
