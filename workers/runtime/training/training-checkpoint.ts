/**
 * What a training thread saves on its way: a line of JSON about the training, then the state of the network as `models/lstm` writes it.
 * The line names the training by a digest of everything that decides its bytes: a checkpoint of other data, or of another plan, is of no
 * use.
 */
import { createHash } from 'node:crypto';
import type { SeriesHistory } from '../../../models/contract.ts';
import type { LossPoint } from '../../../models/registry/model-card.ts';

const LINE_END = 0x0a;

export interface TrainingPosition {
  readonly training: string;
  /** Of the steps so far, thinned. */
  readonly losses: readonly LossPoint[];
  /** Real time spent so far. */
  readonly tookMs: number;
}

/** Of what is trained on and how: plain values by their JSON, histories by their bytes. */
export function trainingDigest(plan: unknown, histories: readonly SeriesHistory[], startFrom: Uint8Array | undefined): string {
  const hash = createHash('sha256').update(JSON.stringify(plan));
  if (startFrom !== undefined) hash.update(startFrom);
  for (const { key, startMs, demand, outages, announced } of histories) {
    hash.update(`\n${JSON.stringify([key, startMs, demand.length, announced])}\n`).update(bytesOf(demand));
    if (outages !== undefined) hash.update(bytesOf(outages));
  }
  return hash.digest('hex');
}

export function encodePosition(position: TrainingPosition, network: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from(`${JSON.stringify(position)}\n`), network]));
}

/** Undefined where it is no checkpoint of that training. */
export function decodePosition(
  training: string,
  bytes: Uint8Array,
): { readonly position: TrainingPosition; readonly network: Uint8Array } | undefined {
  const end = bytes.indexOf(LINE_END);
  if (end < 0) return undefined;
  try {
    const position = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString('utf8')) as TrainingPosition;
    if (position.training !== training || !Array.isArray(position.losses) || !Number.isFinite(position.tookMs)) return undefined;
    // Copied: what follows a line of text is rarely aligned.
    return { position, network: bytes.slice(end + 1) };
  } catch {
    return undefined;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
