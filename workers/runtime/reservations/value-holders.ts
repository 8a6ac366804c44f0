/** Who holds a number without a gap, and who held it before: the exact caller, where the ledger knows only the pool. */
import { type SequenceDefinition, valueAt } from '../../../core/sequence.ts';
import type { RegisteredReservation, Registrar } from '../../../pipelines/ports.ts';
import type { LedgerFold } from '../audit.ts';
import type { ValueHolder, ValueOwner } from '../service.ts';
import { allSeries } from './series-list.ts';

/** The definition of the generation that a value was found in. */
export function definitionOf({ ranges }: Pick<LedgerFold, 'ranges'>, { sequence, generation }: ValueOwner): SequenceDefinition | undefined {
  for (const { generations } of ranges) {
    const found = generations.get(generation);
    if (found?.name === sequence) return found.definition;
  }
  return undefined;
}

/** The owner of a value with its reservations; as it is where its sequence is not gapless. */
export async function withHolders(
  owner: ValueOwner,
  definition: SequenceDefinition | undefined,
  registrar: Registrar,
): Promise<ValueOwner> {
  if (definition?.guarantee !== 'gapless') return owner;
  const ordinal = Number((BigInt(owner.value) - definition.start) / definition.increment);
  if (valueAt(definition, ordinal) !== BigInt(owner.value)) return owner;
  const series = (await allSeries(registrar)).find(
    ({ sequence, generation }) => sequence === owner.sequence && generation === owner.generation,
  );
  const holders = series === undefined ? [] : await registrar.holders(series.series, ordinal);
  const last = holders.at(-1);
  if (last === undefined) return { ...owner, state: 'in-stock' };
  const state = { reserved: 'reserved', confirmed: 'issued', cancelled: 'given-up', expired: 'given-up' } as const;
  return { ...owner, state: state[last.state], holder: holderOf(last), formerHolders: holders.slice(0, -1).map(holderOf) };
}

function holderOf({ id, state, owner, key, reservedAtMs, end }: RegisteredReservation): ValueHolder {
  const ended = end === undefined ? {} : { endedAtMs: end.atMs, endedBy: end.by, because: end.because };
  return { reservation: id, state, owner, ...(key !== undefined && { key }), reservedAtMs, ...ended };
}
