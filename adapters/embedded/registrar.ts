/** The transaction pool's store over the storage thread: what is asked while a group is on its way to the disk is the next group. */
import type { Registrar, RegistrarOutcome } from '../../pipelines/ports.ts';
import { errorFrom } from './storage-errors.ts';
import type { StorageLink } from './storage-link.ts';
import type { StoredOutcome } from './storage-messages.ts';

export function createRegistrar(link: StorageLink): Registrar {
  return {
    lineage: () => link.ask('readLineage', {}),
    recordLife: (life) => link.ask('recordLife', { life }),
    openSeries: (writer, series) => link.ask('openSeries', { writer, series }),
    grant: (writer, series, { start, end }) => link.ask('grantSeries', { writer, series, grant: { start, end } }),
    async apply(writer, commands) {
      const { outcomes, ops } = await link.ask('applyCommands', { writer, commands });
      return { outcomes: outcomes.map(outcomeFrom), ops };
    },
    sweep: (writer, nowMs) => link.ask('sweepReservations', { writer, nowMs }),
    status: (series) => link.ask('findSeries', { series }),
    find: (id) => link.ask('findReservation', { id }),
    findByKey: (keyScope, key) => link.ask('findReservationByKey', { keyScope, key }),
    holders: (series, ordinal) => link.ask('listHolders', { series, ordinal }),
    voids: (series, page) => link.ask('listVoids', { series, page }),
    reuses: (series, page) => link.ask('listReuses', { series, page }),
  };
}

function outcomeFrom(outcome: StoredOutcome): RegistrarOutcome {
  return 'error' in outcome ? { refusal: errorFrom(outcome.error) } : outcome;
}
