/**
 * Pinball loss in logarithms: a forecast at level .9 pays nine times as much for what it missed as for what it had too much. A small
 * stream counts as much as a large one.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Mean over windows, leads and levels; a target with weight 0 was not seen and costs nothing. */
export function pinballLoss(quantiles: tf.Tensor2D, targets: tf.Tensor2D, weights: tf.Tensor2D, levels: tf.Tensor1D): tf.Scalar {
  const missed = tf.sub(targets, quantiles);
  // max(level * e, (level - 1) * e), as one product and one kink.
  const each = tf.add(tf.mul(missed, levels), tf.relu(tf.neg(missed)));
  return tf.mean(tf.mul(each, weights)) as tf.Scalar;
}
