/**
 * The recurrent layer on WebAssembly, for answers only: what is left of it is four operations a step and two plain loops over the
 * backend's memory, instead of some twenty operations. It gives the same as the layer, bit for bit.
 *
 * The hyperbolic tangent is a sigmoid on another scale (`wasm-kernels.ts`): with that column block of the weights doubled, which is
 * exact, one sigmoid serves all four gates, and nothing needs to be taken apart.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

export interface RecurrentWeights {
  readonly kernel: tf.Tensor2D;
  readonly recurrent: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
}

/** Gates of the layer in the order of their columns: input, forget, candidate, output. */
const GATES = 4;
const CANDIDATE = 2;

interface Memory {
  /** By window and unit, overwritten in each step. */
  readonly state: tf.Tensor2D;
  readonly carry: tf.Tensor2D;
  readonly doubledCarry: tf.Tensor2D;
}

/** What the layer remembers at the end of each window. */
export function remembered(steps: tf.Tensor3D, weights: RecurrentWeights): tf.Tensor2D {
  return tf.tidy(() => {
    const units = weights.recurrent.shape[0];
    const factors = new Float32Array(GATES * units).fill(1).fill(2, CANDIDATE * units, (CANDIDATE + 1) * units);
    const scale = tf.tensor1d(factors);
    const kernel = tf.mul(weights.kernel, scale) as tf.Tensor2D;
    const recurrent = tf.mul(weights.recurrent, scale) as tf.Tensor2D;
    const bias = tf.mul(weights.bias, scale) as tf.Tensor1D;
    const empty = (): tf.Tensor2D => tf.zeros([steps.shape[0], units]);
    const memory = { state: empty(), carry: empty(), doubledCarry: empty() };
    const inputs = tf.unstack(tf.transpose(steps, [1, 0, 2])) as tf.Tensor2D[];
    for (const input of inputs) {
      tf.tidy(() => {
        const recalled = tf.matMul(memory.state, recurrent);
        takeStep(tf.sigmoid(tf.add(tf.add(tf.matMul(input, kernel), recalled), bias)), memory, units);
      });
      input.dispose();
    }
    return memory.state;
  });
}

/** As the layer computes it, in single precision. */
function takeStep(gates: tf.Tensor, { state, carry, doubledCarry }: Memory, units: number): void {
  // Nothing is allocated between looking memory up and using it: the heap may move.
  const gate = memoryOf(gates);
  const carried = memoryOf(carry);
  const doubled = memoryOf(doubledCarry);
  for (let at = 0, row = 0; at < carried.length; row += GATES * units) {
    for (let unit = row; unit < row + units; unit++, at++) {
      const candidate = Math.fround(2 * (gate[unit + CANDIDATE * units] as number) - 1);
      const kept = Math.fround((gate[unit + units] as number) * (carried[at] as number));
      const value = Math.fround(kept + Math.fround((gate[unit] as number) * candidate));
      carried[at] = value;
      doubled[at] = 2 * value;
    }
  }
  const bent = memoryOf(tf.sigmoid(doubledCarry));
  const said = memoryOf(state);
  const output = memoryOf(gates);
  for (let at = 0, row = (GATES - 1) * units; at < said.length; row += GATES * units) {
    for (let unit = row; unit < row + units; unit++, at++) {
      said[at] = (output[unit] as number) * Math.fround(2 * (bent[at] as number) - 1);
    }
  }
}

function memoryOf(tensor: tf.Tensor): Float32Array {
  return (tf.backend() as BackendWasm).typedArrayFromHeap(tensor) as Float32Array;
}
