/**
 * What has to happen to a database in PostgreSQL that failed over, went back in time or was copied, before the transaction pool may write
 * it again. Pure: from what it holds, what the ledger knows, what another copy of it holds, and what its operator declares.
 *
 * The ledger went on: it knows what was granted since, and what was confirmed to its end. So a sequence that may have gaps needs nobody's
 * word: whatever was granted counts as given out. Of one without a gap somebody has to say which numbers are in use; the rest, and nothing
 * else, is given out again.
 */
import { coalesced, type Interval } from '../../core/interval.ts';
import type { LineageVerdict } from '../../core/reservation/lineage.ts';
import { valueAt } from '../../core/sequence.ts';
import type { Declarations } from './declarations.ts';
import type { NumberedSequence, NumbersFacts } from './numbers-facts.ts';
import { declaredOrdinals, leftOf, type Reconciliation, reconciliation, usedIn } from './restore-plan.ts';

export interface NumbersPlan {
  readonly verdict: LineageVerdict;
  readonly steps: readonly Reconciliation[];
  /** What the operator has to say first. */
  readonly problems: readonly string[];
}

interface PlanSources {
  readonly here: NumbersFacts;
  readonly copy: NumbersFacts | undefined;
  readonly confirmed: Declarations;
  /** Nothing was given out since, of any sequence that is not declared. */
  readonly isNothingSince: boolean;
}

export function numbersPlan(sources: PlanSources): NumbersPlan {
  const { here, confirmed } = sources;
  const { verdict } = here;
  if (verdict === 'may-serve') return { verdict, steps: [], problems: [] };
  const steps: Reconciliation[] = [];
  const problems: string[] = [];
  for (const name of confirmed.keys()) {
    if (here.sequences.get(name)?.generation.definition.guarantee !== 'gapless') problems.push(`there is no gapless sequence ${name}`);
  }
  if (here.logged.length === 0) problems.push('the ledger knows of no life of the transaction pool: this database belongs to another one');
  for (const [name, numbered] of here.sequences) {
    const step = stepOf(name, numbered, sources);
    if (typeof step === 'string') problems.push(step);
    else steps.push(step);
  }
  return { verdict, steps, problems };
}

function stepOf(name: string, numbered: NumberedSequence, sources: PlanSources): Reconciliation | string {
  const { generation, granted, series } = numbered;
  const { definition } = generation;
  const whole = granted === 0 ? [] : [{ start: 0, end: granted }];
  if (definition.guarantee !== 'gapless') return reconciliation(name, definition, series, { used: whole, reserved: [] });
  const used = usedOf(name, numbered, sources);
  if (typeof used === 'string') return used;
  const beyond = used.used.at(-1)?.end ?? 0;
  if (beyond > granted) {
    const last = granted === 0 ? 'none' : `up to ${valueAt(definition, granted - 1)}`;
    return `${name}: ${valueAt(definition, beyond - 1)} cannot be in use: the ledger has granted ${last}`;
  }
  return reconciliation(name, definition, series, used);
}

interface Used {
  readonly used: readonly Interval[];
  readonly reserved: readonly Interval[];
}

function usedOf(name: string, numbered: NumberedSequence, { copy, confirmed, isNothingSince }: PlanSources): Used | string {
  const { generation, closed, granted } = numbered;
  const declared = confirmed.get(name);
  const other = copy?.sequences.get(name);
  if (declared === undefined && other === undefined && !isNothingSince) {
    const bound = granted === 0 ? 'none' : `none above ${valueAt(generation.definition, granted - 1)}`;
    const how = `--confirmed-up-to ${name}=VALUE, --confirmed ${name}=FILE, or --from-copy URL`;
    return `${name}: say which numbers were confirmed (the ledger has granted ${bound}), with ${how}`;
  }
  const said = declared === undefined ? [] : declaredOrdinals(generation.definition, declared);
  if (typeof said === 'string') return `${name}: ${said}`;
  const there = other === undefined ? { used: [], reserved: [] } : usedIn(other.series);
  const certain = coalesced([...said, ...closed]);
  // In doubt is only what nobody vouches for: what the ledger knows as confirmed is in use, whoever held it in the copy.
  return { used: coalesced([...certain, ...there.used]), reserved: leftOf(there.reserved, certain) };
}
