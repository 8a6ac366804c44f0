/** Runs batches of simulated seeds in a thread of its own, one after the other. */
import { parentPort } from 'node:worker_threads';
import { runBatch, type SeedBatch } from '../../simulator/seed-batch.ts';

parentPort?.on('message', (batch: SeedBatch) => parentPort?.postMessage(runBatch(batch)));
