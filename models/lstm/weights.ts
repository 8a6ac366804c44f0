/**
 * A model as bytes: a header in JSON that says what the weights are for, then the weights as they are. Whatever is damaged, cut, of
 * another feature schema or not a number is refused before it forecasts anything.
 *
 *     "SQLM" | header bytes (u32, little-endian) | header, padded with blanks to a multiple of 4 | float32, little-endian
 */
import { createHash } from 'node:crypto';
import { SequenceError } from '../../core/errors.ts';
import { parameterCount } from './parameters.ts';
import { FEATURE_SCHEMA, type LstmSpec } from './spec.ts';

export interface LstmWeights {
  readonly spec: LstmSpec;
  /** Parameters of each network; what they say is averaged. */
  readonly members: readonly Float32Array[];
  readonly seeds: readonly number[];
  /** Steps that each was trained for, fine-tuning included. */
  readonly steps: number;
  /** End of the newest bin that training saw. */
  readonly trainedUntilMs: number;
}

interface Header {
  readonly format: typeof FORMAT;
  readonly spec: LstmSpec;
  readonly members: number;
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly trainedUntilMs: number;
  readonly sha256: string;
}

const FORMAT = 'seqcast-lstm@1';
const MAGIC = 'SQLM';
const PREFIX_BYTES = 8;
const FLOAT_BYTES = 4;
/** What a file may make us allocate, whatever its header says. */
const HEADER_BYTES_MAX = 65_536;
const MEMBERS_MAX = 8;
const UNITS_MAX = 1_024;
const SERIES_MAX = 10_000;

export function encodeWeights(weights: LstmWeights): Uint8Array {
  const { spec, members, seeds, steps, trainedUntilMs } = weights;
  const payload = Buffer.concat(members.map(floatBytes));
  const header: Header = { format: FORMAT, spec, members: members.length, seeds, steps, trainedUntilMs, sha256: sha256(payload) };
  return framed(MAGIC, header, payload);
}

/** Throws SEQ_MODEL_INVALID. */
export function decodeWeights(bytes: Uint8Array): LstmWeights {
  const { header, payload } = unframed(MAGIC, bytes);
  const { format, spec, members, seeds, steps, trainedUntilMs, sha256: expected } = header as Partial<Header>;
  if (format !== FORMAT) throw invalid(`its format is ${String(format)}, not ${FORMAT}`);
  checkSpec(spec);
  if (!isWhole(members, 1, MEMBERS_MAX)) throw invalid(`${String(members)} networks`);
  const count = parameterCount(spec);
  if (payload.length !== members * count * FLOAT_BYTES) throw invalid(`${payload.length} bytes of weights do not fit its spec`);
  if (sha256(payload) !== expected) throw invalid('its weights do not match their checksum');
  return {
    spec,
    members: Array.from({ length: members }, (_, i) => floatsOf(payload, i * count, count)),
    seeds: Array.isArray(seeds) ? seeds.map(Number) : [],
    steps: Number(steps),
    trainedUntilMs: Number(trainedUntilMs),
  };
}

/** Magic, a header and a payload as one run of bytes. */
export function framed(magic: string, header: object, payload: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const padded = Buffer.concat([json, Buffer.alloc((FLOAT_BYTES - (json.length % FLOAT_BYTES)) % FLOAT_BYTES, ' ')]);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(magic, 0, 'latin1');
  prefix.writeUInt32LE(padded.length, FLOAT_BYTES);
  return new Uint8Array(Buffer.concat([prefix, padded, payload]));
}

export function unframed(magic: string, bytes: Uint8Array): { readonly header: object; readonly payload: Buffer } {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.length < PREFIX_BYTES || all.toString('latin1', 0, MAGIC.length) !== magic) throw invalid('it does not begin like one');
  const length = all.readUInt32LE(FLOAT_BYTES);
  if (length > HEADER_BYTES_MAX || PREFIX_BYTES + length > all.length) throw invalid('its header is cut');
  const header = parsed(all.toString('utf8', PREFIX_BYTES, PREFIX_BYTES + length));
  return { header, payload: all.subarray(PREFIX_BYTES + length) };
}

function parsed(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below, as whatever else is not a header.
  }
  throw invalid('its header is not JSON');
}

export function checkSpec(value: unknown): asserts value is LstmSpec {
  const spec = (value ?? {}) as Partial<LstmSpec>;
  if (spec.featureSchema !== FEATURE_SCHEMA) {
    throw invalid(`it was made for feature schema ${String(spec.featureSchema)}, and this version has ${FEATURE_SCHEMA}`);
  }
  const season = (bins: number | undefined): boolean => bins === undefined || isWhole(bins, 1, Number.MAX_SAFE_INTEGER);
  const fits =
    isWhole(spec.binMs, 1, Number.MAX_SAFE_INTEGER) &&
    isWhole(spec.contextBins, 1, SERIES_MAX) &&
    isWhole(spec.units, 1, UNITS_MAX) &&
    isAscending(spec.leadsBins, 1, Number.MAX_SAFE_INTEGER) &&
    spec.leadsBins.every(Number.isInteger) &&
    isAscending(spec.levels, 0, 1) &&
    (spec.of === 'total' || spec.of === 'bin') &&
    (spec.spread === 'counts' || spec.spread === 'measured') &&
    season(spec.seasonsBins?.day) &&
    season(spec.seasonsBins?.week);
  if (!fits) throw invalid('its spec makes no sense');
}

function isAscending(values: unknown, least: number, most: number): values is readonly number[] {
  if (!Array.isArray(values) || values.length === 0 || values.length > SERIES_MAX) return false;
  return values.every((value, i) => typeof value === 'number' && value >= least && value <= most && (i === 0 || value > values[i - 1]));
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

export function floatBytes(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(values.length * FLOAT_BYTES);
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i] as number, i * FLOAT_BYTES);
  return bytes;
}

/** Throws where one of them is not a number: it would forecast nonsense for everyone. */
export function floatsOf(payload: Buffer, from: number, count: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const value = payload.readFloatLE((from + i) * FLOAT_BYTES);
    if (!Number.isFinite(value)) throw invalid(`weight ${from + i} is ${value}`);
    values[i] = value;
  }
  return values;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function invalid(why: string): SequenceError {
  return new SequenceError('SEQ_MODEL_INVALID', `this is not an LSTM that can be used: ${why}`, {});
}
