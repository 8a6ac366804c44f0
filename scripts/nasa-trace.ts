/**
 * Makes the bundled demand trace: the first three weeks of NASA-HTTP July 1995, requests per second summed to requests per
 * minute. Run again only when the extract should change; the result is checked in beside its origin (backtest/traces/README.md).
 *
 *     node --import tsx scripts/nasa-trace.ts [file with one count per second a line, gzipped]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

const DEFAULT_SOURCE = new URL('../../shared/data/nasa/http_requests_per_second_1995-07.txt.gz', import.meta.url);
const TARGET = new URL('../backtest/traces/nasa-http-1995-07.txt.gz', import.meta.url);
const SECONDS_PER_MINUTE = 60;
const MINUTES = 21 * 24 * 60;

const source = process.argv[2] ?? DEFAULT_SOURCE;
const perMinute = minutesOf(gunzipSync(readFileSync(source)).toString('ascii'));
writeFileSync(TARGET, gzipSync(`${perMinute.join('\n')}\n`, { level: 9 }));
const total = perMinute.reduce((sum, count) => sum + count, 0);
process.stdout.write(`${perMinute.length} minutes, ${total} requests, at most ${Math.max(...perMinute)} a minute\n`);

function minutesOf(text: string): number[] {
  const perSecond = text.trimEnd().split('\n');
  if (perSecond.length < MINUTES * SECONDS_PER_MINUTE) throw new Error(`only ${perSecond.length} seconds: three weeks are needed`);
  const counts = new Array<number>(MINUTES).fill(0);
  for (let second = 0; second < MINUTES * SECONDS_PER_MINUTE; second++) {
    const count = Number(perSecond[second]);
    if (!Number.isSafeInteger(count) || count < 0) throw new Error(`line ${second + 1} is not a count: ${perSecond[second]}`);
    const minute = Math.floor(second / SECONDS_PER_MINUTE);
    counts[minute] = (counts[minute] ?? 0) + count;
  }
  return counts;
}
