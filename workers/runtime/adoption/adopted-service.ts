/**
 * A service that also gives values of adopted sequences: they are not in the ledger until the cut-over, and whatever else is asked goes to
 * the service beneath.
 */
import { SequenceError } from '../../../core/errors.ts';
import { defineSequence } from '../../../core/sequence.ts';
import { sharedStreamId } from '../../../core/stream.ts';
import type { Adoption } from '../../../pipelines/adoptions.ts';
import type { ValueRun } from '../../../schemas/adoption-messages.ts';
import { entered } from '../observability/span-in-hand.ts';
import { checkCount } from '../pool/answers.ts';
import { boundMethods } from '../service/bound-methods.ts';
import type { NextAnswer, NextRequest, SeqcastService, SequenceDescription } from '../service/service.ts';
import { type HeldRuns, ownerAmong, withAdoptedAccounts } from './adoption-accounts.ts';
import type { AdoptionBook } from './adoption-book.ts';
import type { AdoptionDesk } from './adoption-desk.ts';

export function withAdopted(service: SeqcastService, desk: AdoptionDesk, book: AdoptionBook): SeqcastService {
  const own: Partial<SeqcastService> = {
    ...valuesOf(service, desk, book),
    ...definitionsOf(service, desk),
    adoptions: () => desk,
    async close() {
      await desk.close();
      await book.close();
      await service.close();
    },
  };
  return { ...boundMethods(service), ...own } as SeqcastService;
}

function valuesOf(
  service: SeqcastService,
  desk: AdoptionDesk,
  book: AdoptionBook,
): Pick<SeqcastService, 'next' | 'find' | 'who' | 'audit'> {
  const adoptions = (): Iterable<Adoption> => book.state.adoptions.values();
  const heldOf = (adoption: Adoption): HeldRuns => ({ life: book.life, runs: desk.stockOf(adoption) });
  return {
    next(request) {
      const adoption = desk.adoptionOf(request.sequence);
      if (adoption !== undefined) return adoptedNext(service, desk, adoption, request);
      // Written out: a function of its own would cost something on the way to every value.
      try {
        return service.next(request);
      } catch (error) {
        throw whereItWent(desk, request.sequence, error);
      }
    },
    find(sequence, caller) {
      const adoption = desk.adoptionOf(sequence);
      if (adoption === undefined) return service.find(sequence, caller);
      return { stream: sharedStreamId(sequence), shard: undefined, pool: 'adopted', endpoint: adoption.source };
    },
    who: async (sequence, value) => ownerAmong(adoptions(), sequence, value, heldOf) ?? (await service.who(sequence, value)),
    audit: async (onProgress) => withAdoptedAccounts(await service.audit(onProgress), adoptions(), heldOf),
  };
}

function definitionsOf(
  service: SeqcastService,
  desk: AdoptionDesk,
): Pick<SeqcastService, 'list' | 'describe' | 'create' | 'alter' | 'restart' | 'drop' | 'plan'> {
  return {
    list() {
      const adopted = desk.active().filter(({ state }) => state === 'drawing');
      return [...service.list(), ...adopted.map(descriptionOf)].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    describe(name) {
      const adoption = desk.adoptionOf(name);
      if (adoption?.state === 'drawing') return descriptionOf(adoption);
      try {
        return service.describe(name);
      } catch (error) {
        throw whereItWent(desk, name, error);
      }
    },
    async create(name, attributes) {
      const adoption = desk.adoptionOf(name);
      if (adoption === undefined) return await service.create(name, attributes);
      const message = `sequence ${name} is adopted: its values come out of ${adoption.source}`;
      throw new SequenceError('SEQ_SEQUENCE_EXISTS', message, { sequence: name });
    },
    alter: async (name, changes) => unlessAdopted(desk, name, () => service.alter(name, changes)),
    restart: async (name, start) => unlessAdopted(desk, name, () => service.restart(name, start)),
    drop: async (name) => unlessAdopted(desk, name, () => service.drop(name)),
    plan: (name, change) => unlessAdopted(desk, name, () => service.plan(name, change)),
  };
}

function adoptedNext(
  service: SeqcastService,
  desk: AdoptionDesk,
  adoption: Adoption,
  request: NextRequest,
): NextAnswer | Promise<NextAnswer> {
  checkCount(request.count);
  if (request.idempotencyKey !== undefined) {
    const message = `sequence ${request.sequence} is adopted: its values come out of another counter, which remembers no keys`;
    throw new SequenceError('SEQ_UNSUPPORTED', message, { sequence: request.sequence });
  }
  const taken = entered(() => desk.take(request.sequence, request.count));
  if (!(taken instanceof Promise)) return answered(adoption, taken, false);
  // Cut over meanwhile: the sequence goes on by itself.
  return taken.then((runs) => (runs === undefined ? service.next(request) : answered(adoption, runs, true)));
}

function answered({ sequence, increment }: Adoption, runs: readonly ValueRun[], stalled: boolean): NextAnswer {
  return { sequence, order: 'none', blocks: runs.map(({ first, count }) => ({ start: first, count, increment })), stalled };
}

/** As a sequence that exists: clients ask for the increment before they take values. */
function descriptionOf(adoption: Adoption): SequenceDescription {
  const { sequence: name, id: generation, increment, min, max, drawn: claimed } = adoption;
  const definition = defineSequence({ increment, min, max });
  const step = increment < 0n ? -increment : increment;
  const capacity = Number((max - min) / step) + 1;
  return { name, definition, generation, claimed, capacity: Math.min(capacity, Number.MAX_SAFE_INTEGER), streams: 0 };
}

/** Who asks for what has gone back is told where it is now. */
function whereItWent(desk: AdoptionDesk, name: string, error: unknown): unknown {
  return (error instanceof SequenceError && error.code === 'SEQ_UNKNOWN_SEQUENCE' && desk.wentBack(name)) || error;
}

function unlessAdopted<T>(desk: AdoptionDesk, name: string, act: () => T): T {
  if (desk.adoptionOf(name) === undefined) return act();
  const message = `sequence ${name} is adopted, and counts as the old generator does: cut over first (\`seqcast adopt commit ${name}\`), or go back (\`seqcast adopt abandon ${name}\`)`;
  throw new SequenceError('SEQ_UNSUPPORTED', message, { sequence: name });
}
