/** Demand from a trace of the catalogue: drawn from a seed, or recorded by others. */
import type { DemandSet } from '../../backtest/sources/demand-source.ts';
import { openTrace, traceNames } from '../../backtest/traces/catalogue.ts';
import { SequenceError } from '../../core/errors.ts';
import type { DemandSettings } from './demand-options.ts';

export async function openTraceDemand(
  { name, factor }: { readonly name: string; readonly factor: number },
  { setsDir, seed }: DemandSettings,
): Promise<DemandSet> {
  const known = traceNames();
  if (!known.some((each) => each.name === name)) {
    const list = known.map((each) => `${each.name} (${each.about})`).join(', ');
    throw new SequenceError('SEQ_CONFIG_INVALID', `no trace is called ${name}: there are ${list}`);
  }
  const demand = await openTrace(name, { dataDir: setsDir, factor, seed });
  if (demand !== undefined) return demand;
  throw new SequenceError('SEQ_CONFIG_INVALID', `the data of trace:${name} is not in ${setsDir}: --data names its directory`);
}
