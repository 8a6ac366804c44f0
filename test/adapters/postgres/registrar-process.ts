/**
 * A process that reserves, confirms and cancels in PostgreSQL until it is killed, and prints what it was told. It is started ahead of its
 * time and opens nothing until it gets a line. What fails retriably it asks again, as every caller is to.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgresRegistrar } from '../../../adapters/postgres/registrar.ts';
import { SequenceError } from '../../../core/errors.ts';
import type { Registrar } from '../../../pipelines/ports.ts';
import { loadForEver } from '../../conformance/registrar-load.ts';

const [url = '', life = ''] = process.argv.slice(2);
const PAUSE_MS = 20;

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

async function again<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SequenceError) || !error.retriable || error.code === 'SEQ_FENCED') throw error;
      print(`again ${error.code} ${String(error.details.outcome ?? '')}`);
    }
    await sleep(PAUSE_MS);
  }
}

function patient(registrar: Registrar): Registrar {
  return {
    ...registrar,
    recordLife: (named) =>
      again(async () => {
        // The answer to the first attempt may have been lost.
        if ((await registrar.lineage()).lives.at(-1) !== named) await registrar.recordLife(named);
      }),
    openSeries: (writer, series) => again(() => registrar.openSeries(writer, series)),
    grant: (writer, series, grant) => again(() => registrar.grant(writer, series, grant)),
    apply: (writer, commands) => again(() => registrar.apply(writer, commands)),
    sweep: (writer, nowMs) => again(() => registrar.sweep(writer, nowMs)),
  };
}

async function run(counts: readonly number[]): Promise<void> {
  const registrar = patient(await again(() => openPostgresRegistrar({ url })));
  await loadForEver({ registrar, life, counts, nowMs: Date.now, tell: (told) => print(`told ${JSON.stringify(told)}`) });
}

print('ready');
createInterface({ input: process.stdin }).once('line', (line) => {
  run(JSON.parse(line) as number[]).catch((error: unknown) => print(`failure ${String(error)}`));
});
