/**
 * `npm run soak -- --minutes 120`: the demand of the demo against a whole installation of real processes, with two kills, and whether memory,
 * descriptors, lag and latency stay what they were. Exits 1 where they do not. docs/guides/chaos.md says how to read the report.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nowMs } from '../chaos/clock.ts';
import { Endings } from '../chaos/installation/endings.ts';
import { Ports } from '../chaos/installation/ports.ts';
import { positive } from '../chaos/positive.ts';
import { soakText, writeSoak } from './report.ts';
import { soak } from './soak.ts';

/** As many slices a second as two cores carry with all engines beside; each is a call of every stream that has demand in it. */
const SLICES_PER_SECOND = '200';

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '120' },
    'slices-per-second': { type: 'string', default: SLICES_PER_SECOND },
    results: { type: 'string', default: join(import.meta.dirname, 'results') },
    keep: { type: 'boolean', default: false },
  },
});

const minutes = positive('minutes', given.minutes);
const slicesPerSecond = positive('slices-per-second', given['slices-per-second']);
const startedMs = nowMs();
const directory = mkdtempSync(join(tmpdir(), 'seqcast-soak-'));
// PostgreSQL runs as another user, who must be able to enter.
chmodSync(directory, 0o755);
const endings = new Endings();
endings.onSignals();
endings.onFailures();

let isOk = false;
try {
  const flags = [`--minutes ${minutes}`, given['slices-per-second'] === SLICES_PER_SECOND ? '' : `--slices-per-second ${slicesPerSecond}`];
  const report = await soak({
    ...{ minutes, slicesPerSecond, directory, ports: new Ports() },
    command: `npm run soak -- ${flags.filter((flag) => flag !== '').join(' ')}`,
    atEnd: endings.add,
    say: (line) => console.error(`${((nowMs() - startedMs) / 1_000).toFixed(0).padStart(6)} s  ${line}`),
  });
  console.log(`${soakText(report)}\nreport: ${writeSoak(given.results, `soak-${minutes}-minutes`, report)}`);
  isOk = report.ok;
} finally {
  await endings.end();
  if (!given.keep && isOk) rmSync(directory, { recursive: true, force: true });
  else console.error(`logs: ${directory}`);
}
process.exitCode = isOk ? 0 : 1;
