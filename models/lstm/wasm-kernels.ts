/**
 * Makes training on WebAssembly several times faster, by other versions of five kernels that give the same up to rounding:
 *
 * - The backend multiplies matrices with its fast library only where neither is transposed; every gradient of a product transposes
 *   one, and falls to a plain loop. Transposing first and multiplying then costs a tenth of it.
 * - A clone copies what never changes; here it shares it, as reshaping does.
 * - The hyperbolic tangent is computed one by one; the sigmoid, which is the same curve on another scale, four at a time.
 * - Splitting a matrix into columns, or a block into its slices, copies the whole of it once for each part; here only the part.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

type Call = Parameters<tf.KernelFunc>[0];
type Answer = ReturnType<tf.KernelFunc>;
type Replacement = (shipped: tf.KernelFunc, call: Call) => Answer;

const REPLACEMENTS: Readonly<Record<string, Replacement>> = {
  BatchMatMul: product,
  Identity: shared,
  SplitV: columns,
  Unpack: slices,
  Tanh: tangent,
};

/** The kernels that came with the backend, while ours stand in for them. */
const shippedKernels = new Map<string, tf.KernelConfig>();

/** Puts the fast kernels in place, once. */
export function speedUpWasm(): void {
  if (shippedKernels.size > 0) return;
  for (const [name, replacement] of Object.entries(REPLACEMENTS)) {
    const shipped = tf.getKernel(name, 'wasm');
    if (shipped === undefined) continue;
    shippedKernels.set(name, shipped);
    tf.unregisterKernel(name, 'wasm');
    tf.registerKernel({ ...shipped, kernelFunc: (call) => replacement(shipped.kernelFunc, call) });
  }
}

/** Puts the kernels back that came with the backend: what the training bench compares with. */
export function restoreShippedWasm(): void {
  for (const [name, shipped] of shippedKernels) {
    tf.unregisterKernel(name, 'wasm');
    tf.registerKernel(shipped);
  }
  shippedKernels.clear();
}

function product(shipped: tf.KernelFunc, { inputs, backend, attrs }: Call): Answer {
  const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
  const a = transposeA ? transposed(inputs.a as tf.TensorInfo, backend) : (inputs.a as tf.TensorInfo);
  const b = transposeB ? transposed(inputs.b as tf.TensorInfo, backend) : (inputs.b as tf.TensorInfo);
  const result = shipped({ inputs: { a, b }, backend, attrs: { transposeA: false, transposeB: false } });
  if (transposeA) wasm(backend).disposeData(a.dataId);
  if (transposeB) wasm(backend).disposeData(b.dataId);
  return result;
}

function transposed(x: tf.TensorInfo, backend: object): tf.TensorInfo {
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => (axis < rank - 2 ? axis : axis === rank - 1 ? rank - 2 : rank - 1));
  const transpose = tf.getKernel('Transpose', 'wasm');
  return transpose.kernelFunc({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
}

function shared(shipped: tf.KernelFunc, call: Call): Answer {
  const { dataId, shape, dtype } = call.inputs.x as tf.TensorInfo;
  if (dtype === 'string') return shipped(call);
  wasm(call.backend).incRef(dataId);
  return { dataId, shape, dtype };
}

function columns(shipped: tf.KernelFunc, call: Call): Answer {
  const x = call.inputs.x as tf.TensorInfo;
  const { numOrSizeSplits, axis } = call.attrs as unknown as { numOrSizeSplits: number | number[]; axis: number };
  const [rows, width] = x.shape;
  const along = axis === 1 || axis === -1;
  if (x.shape.length !== 2 || !along || x.dtype !== 'float32' || typeof numOrSizeSplits !== 'number') return shipped(call);
  const part = (width as number) / numOrSizeSplits;
  const backend = wasm(call.backend);
  const parts = Array.from({ length: numOrSizeSplits }, () => backend.makeOutput([rows as number, part], x.dtype));
  // Looked up after everything is allocated: the heap may have moved.
  const from = backend.typedArrayFromHeap(x);
  for (const [i, one] of parts.entries()) {
    const to = backend.typedArrayFromHeap(one);
    for (let at = 0, begin = i * part; at < to.length; at += part, begin += width as number) {
      to.set(from.subarray(begin, begin + part), at);
    }
  }
  return parts;
}

function slices(shipped: tf.KernelFunc, call: Call): Answer {
  const x = call.inputs.value as tf.TensorInfo;
  const { axis } = call.attrs as unknown as { axis: number };
  if (axis !== 0 || x.dtype !== 'float32') return shipped(call);
  const [count, ...shape] = x.shape;
  const backend = wasm(call.backend);
  const parts = Array.from({ length: count as number }, () => backend.makeOutput(shape, x.dtype));
  const from = backend.typedArrayFromHeap(x);
  const size = from.length / (count as number);
  for (const [i, one] of parts.entries()) backend.typedArrayFromHeap(one).set(from.subarray(i * size, (i + 1) * size));
  return parts;
}

/** tanh(x) = 2 sigmoid(2x) - 1 */
function tangent(shipped: tf.KernelFunc, call: Call): Answer {
  const x = call.inputs.x as tf.TensorInfo;
  if (x.dtype !== 'float32') return shipped(call);
  const backend = wasm(call.backend);
  const doubled = backend.makeOutput(x.shape, x.dtype);
  const from = backend.typedArrayFromHeap(x) as Float32Array;
  const twice = backend.typedArrayFromHeap(doubled) as Float32Array;
  for (let i = 0; i < from.length; i++) twice[i] = 2 * (from[i] as number);
  const sigmoid = tf.getKernel('Sigmoid', 'wasm');
  const result = sigmoid.kernelFunc({ inputs: { x: doubled }, backend, attrs: {} }) as tf.TensorInfo;
  backend.disposeData(doubled.dataId);
  const to = backend.typedArrayFromHeap(result) as Float32Array;
  for (let i = 0; i < to.length; i++) to[i] = 2 * (to[i] as number) - 1;
  return result;
}

function wasm(backend: object): BackendWasm {
  return backend as BackendWasm;
}
