/**
 * The network: a recurrent layer reads the context, a layer shared by all leads joins what it remembers with what is known of the
 * lead, and says quantiles of the logarithm of demand. A linear skip from the lead's features carries the plain seasonal forecast,
 * so that the rest only learns what is different from it. Quantiles ascend by construction: each adds something positive to the last.
 */
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import type { Dropout } from './dropout.ts';
import { type FeatureBatch, HASH_SLOTS, LEAD_FEATURES, STATIC_FEATURES, STEP_FEATURES } from './features.ts';
import { type ParameterName, type ParameterPlace, parameterPlaces } from './parameters.ts';
import type { LstmSpec } from './spec.ts';
import { remembered } from './wasm-recurrence.ts';

/** A batch on the backend; whoever made it disposes of it. */
export interface BatchTensors {
  readonly steps: tf.Tensor3D;
  /** Windows times leads, by lead features. */
  readonly leads: tf.Tensor2D;
  readonly statics: tf.Tensor2D;
  readonly hashes: tf.Tensor2D;
  /** By window and lead. */
  readonly scales: tf.Tensor2D;
  readonly bases: tf.Tensor2D;
}

type Recurrent = ReturnType<typeof layers.lstm>;

export class LstmNetwork {
  readonly spec: LstmSpec;
  /** In the order of `parameterPlaces`. */
  readonly variables: readonly tf.Variable[];
  readonly #places: readonly ParameterPlace[];
  readonly #byName: Readonly<Record<ParameterName, tf.Variable>>;
  readonly #recurrent: Recurrent;
  readonly #upTo: tf.Tensor2D;

  constructor(spec: LstmSpec) {
    this.spec = spec;
    this.#places = parameterPlaces(spec);
    this.#recurrent = recurrentLayer(spec);
    const ofLayer = this.#recurrent.trainableWeights.map((weight) => weight.read() as tf.Variable);
    this.variables = this.#places.map((place, i) => ofLayer[i] ?? emptyVariable(place.shape));
    this.#byName = Object.fromEntries(this.#places.map((place, i) => [place.name, this.variables[i]])) as Record<
      ParameterName,
      tf.Variable
    >;
    this.#upTo = upperTriangle(spec.levels.length);
  }

  /** Takes the parameters over. */
  assign(parameters: Float32Array): void {
    for (let i = 0; i < this.#places.length; i++) {
      const { at, length, shape } = this.#places[i] as ParameterPlace;
      // Copied: a backend may keep what it is given, and the caller goes on changing it.
      const values = tf.tensor(parameters.slice(at, at + length), [...shape]);
      (this.variables[i] as tf.Variable).assign(values);
      values.dispose();
    }
  }

  toTensors(batch: FeatureBatch): BatchTensors {
    const { contextBins, leadsBins } = this.spec;
    return {
      steps: tf.tensor3d(batch.steps, [batch.windows, contextBins, STEP_FEATURES]),
      leads: tf.tensor2d(batch.leads, [batch.windows * leadsBins.length, LEAD_FEATURES]),
      statics: tf.tensor2d(batch.statics, [batch.windows, STATIC_FEATURES]),
      hashes: tf.tensor2d(batch.hashes, [batch.windows, HASH_SLOTS]),
      scales: tf.tensor2d(batch.scales, [batch.windows * leadsBins.length, 1]),
      bases: tf.tensor2d(batch.bases, [batch.windows * leadsBins.length, 1]),
    };
  }

  /** Quantiles of log demand above the window's `refs`: windows times leads, by level. */
  quantiles(batch: BatchTensors, dropout?: Dropout): tf.Tensor2D {
    return this.#quantiles(batch, this.#recurrent.apply(batch.steps) as tf.Tensor2D, dropout);
  }

  #quantiles(batch: BatchTensors, memory: tf.Tensor2D, dropout?: Dropout): tf.Tensor2D {
    const { leadsBins, units, levels } = this.spec;
    const w = this.#byName;
    const state = dropout === undefined ? memory : tf.mul(memory, dropout.state);
    const names = tf.matMul(batch.hashes, w.names as tf.Tensor2D);
    const ofWindow = tf.addN([
      tf.matMul(state, w['dense.state'] as tf.Tensor2D),
      tf.matMul(batch.statics, w['dense.statics'] as tf.Tensor2D),
      tf.matMul(names, w['dense.names'] as tf.Tensor2D),
    ]);
    const ofLead = tf.matMul(batch.leads, w['dense.leads'] as tf.Tensor2D);
    const joined = tf.add(tf.reshape(ofLead, [-1, leadsBins.length, units]), tf.expandDims(tf.add(ofWindow, w['dense.bias']), 1));
    const active = tf.relu(joined);
    const hidden = tf.reshape(dropout === undefined ? active : tf.mul(active, dropout.hidden), [-1, units]) as tf.Tensor2D;
    const raw = tf.add(tf.matMul(hidden, w.quantiles as tf.Tensor2D), w['quantiles.bias']) as tf.Tensor2D;
    const rows = raw.shape[0];
    const lowest = tf.slice(raw, [0, 0], [rows, 1]);
    const rises = tf.softplus(tf.slice(raw, [0, 1], [rows, levels.length - 1]));
    const ascending = levels.length === 1 ? raw : tf.matMul(tf.concat([lowest, rises], 1) as tf.Tensor2D, this.#upTo);
    const skipped = tf.matMul(batch.leads, w.skip as tf.Tensor2D);
    return tf.add(tf.mul(tf.add(ascending, skipped), batch.scales), batch.bases);
  }

  /** The same for a batch as it was written, out of the backend again. */
  answer(batch: FeatureBatch): Float32Array {
    const inputs = this.toTensors(batch);
    const said = tf.tidy(() => this.#quantiles(inputs, this.#remembered(inputs.steps)));
    const values = said.dataSync() as Float32Array;
    disposeBatch(inputs);
    said.dispose();
    return values;
  }

  #remembered(steps: tf.Tensor3D): tf.Tensor2D {
    if (tf.getBackend() !== 'wasm') return this.#recurrent.apply(steps) as tf.Tensor2D;
    const w = this.#byName;
    return remembered(steps, {
      kernel: w['lstm.kernel'] as tf.Tensor2D,
      recurrent: w['lstm.recurrent'] as tf.Tensor2D,
      bias: w['lstm.bias'] as tf.Tensor1D,
    });
  }

  dispose(): void {
    this.#recurrent.dispose();
    this.#upTo.dispose();
    for (const variable of this.variables) if (!variable.isDisposed) variable.dispose();
  }
}

export function disposeBatch(batch: BatchTensors): void {
  tf.dispose([batch.steps, batch.leads, batch.statics, batch.hashes, batch.scales, batch.bases]);
}

function recurrentLayer(spec: LstmSpec): Recurrent {
  const layer = layers.lstm({
    units: spec.units,
    activation: 'tanh',
    // Not the default: that is a piecewise linear stand-in.
    recurrentActivation: 'sigmoid',
    // Overwritten by `assign`; the default for the recurrent matrix is slow and says so.
    kernelInitializer: 'zeros',
    recurrentInitializer: 'zeros',
    biasInitializer: 'zeros',
    unitForgetBias: false,
  });
  // Layers make their weights when they are first used.
  tf.tidy(() => void layer.apply(tf.zeros([1, 1, STEP_FEATURES])));
  return layer;
}

function emptyVariable(shape: readonly number[]): tf.Variable {
  const zeros = tf.zeros([...shape]);
  const variable = tf.variable(zeros);
  zeros.dispose();
  return variable;
}

/** Multiplying by it sums everything up to a column: cheap on every backend. */
function upperTriangle(size: number): tf.Tensor2D {
  const values = new Float32Array(size * size);
  for (let row = 0; row < size; row++) values.fill(1, row * size + row, (row + 1) * size);
  return tf.tensor2d(values, [size, size]);
}
