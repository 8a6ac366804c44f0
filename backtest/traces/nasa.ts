/**
 * The bundled demand trace: requests per minute of NASA's Kennedy Space Center web server, 1 to 21 July 1995. Origin, licence
 * and gaps are in README.md beside this file; scripts/nasa-trace.ts made the extract.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface DemandTrace {
  /** Start of the first bin. */
  readonly startMs: number;
  readonly binMs: number;
  /** Requests per bin; no bin left out. */
  readonly counts: Uint16Array;
}

/** The build copies the file beside the emitted module, so the same address holds in source and in dist. */
const FILE = new URL('./nasa-http-1995-07.txt.gz', import.meta.url);
/** The server's local midnight, read as if it were UTC: hours of the day stay those of its visitors. */
const START_MS = Date.UTC(1995, 6, 1);
const BIN_MS = 60_000;
const BIN_COUNT = 21 * 24 * 60;

export function loadNasaTrace(): DemandTrace {
  const lines = gunzipSync(readFileSync(FILE)).toString('ascii').trimEnd().split('\n');
  assert.equal(lines.length, BIN_COUNT, 'the bundled trace is damaged: it must hold three weeks of minutes');
  return { startMs: START_MS, binMs: BIN_MS, counts: Uint16Array.from(lines, Number) };
}
