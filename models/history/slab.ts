/**
 * Small arrays that live as long as their stream, cut from common pieces of memory: an array of its own costs some five hundred bytes
 * beside what it holds, and a forecaster has two dozen of them for each stream. A piece is given back when all of its arrays are gone.
 */

const SLAB_BYTES = 65_536;
/** Beyond it what an array costs beside its elements is little; and what grows would leave its former self behind. */
const SLICE_BYTES_MAX = 512;
const ALIGNMENT = 8;

let slab = new ArrayBuffer(0);
let used = 0;

export function float64s(count: number): Float64Array<ArrayBuffer> {
  const at = reserved(8 * count);
  return at < 0 ? new Float64Array(count) : new Float64Array(slab, at, count);
}

export function float32s(count: number): Float32Array<ArrayBuffer> {
  const at = reserved(4 * count);
  return at < 0 ? new Float32Array(count) : new Float32Array(slab, at, count);
}

/** Where so many bytes begin in the slab; -1 for what should have memory of its own. */
function reserved(bytes: number): number {
  if (bytes === 0 || bytes > SLICE_BYTES_MAX) return -1;
  if (used + bytes > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const at = used;
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  return at;
}
