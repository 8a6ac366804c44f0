/**
 * Starts TensorFlow.js. WebAssembly with SIMD is the default: it works offline, in worker threads and on every Node that seqcast
 * runs on. TensorFlow's own library is an optional package, used where it is asked for and loads; plain JavaScript is last, and some
 * twenty-five times slower. TensorFlow itself only logs when a backend fails and goes on with a slower one: here that is checked.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import util from 'node:util';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { SequenceError } from '../../core/errors.ts';
import { speedUpWasm } from './wasm-kernels.ts';

export type BackendName = 'wasm' | 'node' | 'cpu';
/** A directory names a copy of `@tensorflow/tfjs-node` that was built beside the project: scripts/build-tfjs-node.ts. */
export type BackendChoice = 'auto' | BackendName | { readonly nodePackage: string };

export interface RunningBackend {
  readonly name: BackendName;
  /** Why this one and not a faster one, for `doctor` and the model card. */
  readonly why: string;
}

/** TensorFlow's names of the backends. */
const REGISTERED_AS: Readonly<Record<BackendName, string>> = { wasm: 'wasm', node: 'tensorflow', cpu: 'cpu' };

/** Optional: not every machine can build it, and its newest release needs help on newer versions of Node. */
const NODE_PACKAGE = '@tensorflow/tfjs-node';

const PROCESS_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/** Starts the chosen backend for this thread. `auto` takes WebAssembly, and plain JavaScript where that does not start. */
export async function startBackend(choice: BackendChoice): Promise<RunningBackend> {
  // Without it TensorFlow prints a greeting.
  tf.enableProdMode();
  if (choice === 'node') return startNode(NODE_PACKAGE);
  if (typeof choice === 'object') return startNode(choice.nodePackage);
  if (choice === 'cpu') return start('cpu', 'asked for');
  try {
    await prepareWasm();
    return await start('wasm', choice === 'wasm' ? 'asked for' : 'the default');
  } catch (cause) {
    if (choice === 'wasm') throw cause;
    return start('cpu', `WebAssembly did not start: ${messageOf(cause)}`);
  }
}

/** Tensors that this thread holds: what must not grow from step to step. */
export function tensorsHeld(): number {
  return tf.memory().numTensors;
}

async function prepareWasm(): Promise<void> {
  // The module puts itself in charge of what nobody caught, in the whole process: that stays with whoever had it.
  const before = PROCESS_EVENTS.map((event) => process.listeners(event as 'exit'));
  const home = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  // TensorFlow refuses a change of paths once the backend is up; a second start in one thread is no change.
  if (tf.findBackend('wasm') === null) setWasmPaths(join(home, 'dist', '/'));
  await tf.setBackend('wasm');
  for (const [i, event] of PROCESS_EVENTS.entries()) {
    for (const listener of process.listeners(event as 'exit')) if (!before[i]?.includes(listener)) process.off(event, listener);
  }
  speedUpWasm();
}

/** The package registers itself with the one engine that all copies of TensorFlow.js in a process share. */
async function startNode(nodePackage: string): Promise<RunningBackend> {
  // Removed in Node 23, and still called by the package's last release.
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === null || value === undefined;
  try {
    createRequire(import.meta.url)(nodePackage);
  } catch (cause) {
    throw unusable('node', `the optional package ${nodePackage} does not load: ${messageOf(cause)}`, cause);
  }
  return start('node', 'asked for');
}

async function start(name: BackendName, why: string): Promise<RunningBackend> {
  const accepted = await tf.setBackend(REGISTERED_AS[name]);
  if (!accepted || tf.getBackend() !== REGISTERED_AS[name]) throw unusable(name, `TensorFlow went on with ${tf.getBackend()} instead`);
  return { name, why };
}

function unusable(name: BackendName, why: string, cause?: unknown): SequenceError {
  return new SequenceError('SEQ_ENGINE_UNUSABLE', `the TensorFlow backend ${name} does not start: ${why}`, { backend: name }, { cause });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
}
