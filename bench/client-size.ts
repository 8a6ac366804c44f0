/**
 * What the client costs an application that installs and imports it: its size as npm packs it, and the time from a process that imports
 * nothing to one that imports it. Medians of fresh processes, taken in turn.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { median } from './median.ts';
import { CLIENT_FOLDER, packedClient } from './packed-client.ts';
import type { BenchResult } from './result.ts';

const RUNS = 15;
const IMPORT_MS_MAX = 50;
const PACKED_KB_MAX = 60;
const BYTES_PER_KB = 1_024;

export async function run(): Promise<BenchResult[]> {
  const imports: Import[] = [];
  for (let i = 0; i < RUNS; i++) imports.push(await importOnce());
  const times = imports.map(({ wallMs }) => wallMs);
  const importedMs = median(times);
  const processorMs = median(imports.map((each) => each.processorMs));
  const packedKb = (await packedClient()).bytes / BYTES_PER_KB;
  return [
    {
      name: 'client-import',
      value: importedMs,
      unit: 'ms to import seqcast-client in a fresh process',
      baseline: 0,
      ratio: importedMs,
      target: `<= ${IMPORT_MS_MAX} ms`,
      kept: importedMs <= IMPORT_MS_MAX,
      note: `${RUNS} processes, from ${Math.min(...times).toFixed(1)} ms on; ${processorMs.toFixed(1)} ms of processor time`,
    },
    {
      name: 'client-packed',
      value: packedKb,
      unit: 'KB as npm packs it',
      baseline: 0,
      ratio: packedKb,
      target: `<= ${PACKED_KB_MAX} KB`,
      kept: packedKb <= PACKED_KB_MAX,
    },
  ];
}

interface Import {
  readonly wallMs: number;
  /** Of all threads of the process: what a machine that is busy with other things cannot stretch. */
  readonly processorMs: number;
}

/** The process has started already: what is measured is reading, compiling and running the package and the parts of Node it needs. */
async function importOnce(): Promise<Import> {
  const entry = pathToFileURL(join(CLIENT_FOLDER, 'dist/index.js')).href;
  const program = `
    const before = process.cpuUsage();
    const startMs = performance.now();
    await import(${JSON.stringify(entry)});
    const wallMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ wallMs, processorMs: (user + system) / 1_000 }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return JSON.parse(stdout) as Import;
}
