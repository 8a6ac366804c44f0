import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { startBackend } from '../../../models/lstm/backend.ts';

describe('the backend', () => {
  test('is WebAssembly unless something else is asked for, and says why', async () => {
    expect(await startBackend('auto')).toEqual({ name: 'wasm', why: 'the default' });
    expect(tf.getBackend()).toBe('wasm');
    expect(await startBackend('cpu')).toEqual({ name: 'cpu', why: 'asked for' });
    expect(tf.getBackend()).toBe('cpu');
    expect(await startBackend('wasm')).toEqual({ name: 'wasm', why: 'asked for' });
  });

  test('of TensorFlow itself is an error where the optional package does not load', async () => {
    const started = await startBackend('node').catch((error: unknown) => error);
    if (started instanceof Error) expect(started).toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE' });
    else expect(started).toEqual({ name: 'node', why: 'asked for' });
  });

  test('leaves errors that nobody caught to whoever listened before', async () => {
    const before = process.listeners('unhandledRejection');
    await startBackend('wasm');
    expect(process.listeners('unhandledRejection')).toEqual(before);
  });
});
