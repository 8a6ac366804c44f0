/** The traces of closed-loop backtests, each loaded when it is its turn: the longest hold sixty days of seconds. */
import type { DemandSeconds } from './demand-seconds.ts';
import { batch, daily, diurnal, flash, shift, week } from './generators.ts';
import { nasa, twitter } from './recorded.ts';

export interface TraceSource {
  readonly name: string;
  /** Nothing where it needs recorded data that is not there. */
  readonly load: () => DemandSeconds | undefined;
}

export function closedLoopTraces(dataDir: string): TraceSource[] {
  return [
    { name: 'diurnal', load: () => diurnal() },
    { name: 'batch', load: () => batch() },
    { name: 'flash', load: () => flash() },
    { name: 'week', load: () => week() },
    { name: 'daily', load: () => daily() },
    { name: 'shift', load: () => shift() },
    { name: 'nasa', load: () => nasa(dataDir) },
    { name: 'nasa100', load: () => nasa(dataDir, 100) },
    { name: 'aapl100', load: () => twitter(dataDir, 'AAPL', 100) },
    { name: 'fb100', load: () => twitter(dataDir, 'FB', 100) },
  ];
}
