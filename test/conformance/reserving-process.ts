/**
 * A process that reserves, confirms and cancels in a data directory until it is killed, and prints what it was told. It is started ahead
 * of its time and opens nothing until it gets a line, so that lives follow each other quickly.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import { loadForEver } from './registrar-load.ts';

const [dataDir = '', life = ''] = process.argv.slice(2);

/** Written at once: a line in a buffer would die with the process although somebody may have acted on it. */
function print(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(1, bytes, from);
    } catch (error) {
      // The pipe is full until the test has read some of it.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

async function run(counts: readonly number[]): Promise<void> {
  const { registrar } = await openEmbeddedStorage({ dataDir, onFailure: (error) => print(`failure ${error.message}`) });
  await loadForEver({ registrar, life, counts, nowMs: Date.now, tell: (told) => print(`told ${JSON.stringify(told)}`) });
}

print('ready');
createInterface({ input: process.stdin }).once('line', (line) => {
  run(JSON.parse(line) as number[]).catch((error: unknown) => print(`failure ${String(error)}`));
});
