/** Who holds a value of the transaction pool, and who held it before: the exact caller, where the ledger knows only the pool. */
import { isRegistered } from '../../../core/pool-kind.ts';
import { type SequenceDefinition, valueAt } from '../../../core/sequence.ts';
import { streamId } from '../../../core/stream.ts';
import type { RegisteredReservation, Registrar } from '../../../pipelines/ports.ts';
import type { ValueHolder, ValueOwner } from '../service/service.ts';
import { allSeries } from './series-list.ts';

/** The stream that a caller would have of its own, by the words that it is remembered by: `type/service`, and what follows. */
export function streamOfCaller(sequence: string, owner: string): string {
  const [clientType = '', service = ''] = (owner.split(' ', 1)[0] ?? '').split('/');
  return streamId({ sequence, clientType, service });
}

/** The owner of a value with its reservations; as it is where it came out of a stock. */
export async function withHolders(
  owner: ValueOwner,
  definition: SequenceDefinition,
  registrar: Pick<Registrar, 'status' | 'holders'>,
  /** Left out, that of the first pass, where the sequence cycles. */
  ordinal = Number((BigInt(owner.value) - definition.start) / definition.increment),
): Promise<ValueOwner> {
  if (!isRegistered(definition)) return owner;
  if (valueAt(definition, ordinal) !== BigInt(owner.value)) return owner;
  const series = (await allSeries(registrar)).find(
    ({ sequence, generation }) => sequence === owner.sequence && generation === owner.generation,
  );
  const holders = series === undefined ? [] : await registrar.holders(series.series, ordinal);
  const last = holders.at(-1);
  if (last === undefined) return { ...owner, state: 'in-stock' };
  const state = { reserved: 'reserved', confirmed: 'issued', cancelled: 'given-up', expired: 'given-up' } as const;
  // Of `next` it is known to the call: whose it was, and when.
  const { reservedAtMs: atMs } = last;
  const issued = { stream: streamOfCaller(owner.sequence, last.owner), issuedFromMs: atMs, issuedToMs: atMs };
  const wasNext = last.expiresAtMs === undefined;
  return {
    ...owner,
    ...(wasNext && issued),
    state: state[last.state],
    holder: holderOf(last),
    formerHolders: holders.slice(0, -1).map(holderOf),
  };
}

function holderOf({ id, state, owner, key, reservedAtMs, end }: RegisteredReservation): ValueHolder {
  const ended = end === undefined ? {} : { endedAtMs: end.atMs, endedBy: end.by, because: end.because };
  return { reservation: id, state, owner, ...(key !== undefined && { key }), reservedAtMs, ...ended };
}
