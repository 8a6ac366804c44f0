/** The transaction pool's store over the storage thread: what is asked while a group is on its way to the disk is the next group. */
import type { Writer } from '../../core/reservation/lineage.ts';
import type { AppliedGroup, CountLog, Registrar, RegistrarCommand, RegistrarOutcome } from '../../pipelines/ports.ts';
import type { Publish } from './event-log.ts';
import { errorFrom } from './storage-errors.ts';
import type { StorageLink } from './storage-link.ts';
import type { StoredOutcome } from './storage-messages.ts';

export interface RegistrarOptions {
  readonly link: StorageLink;
  /** Tells followers of the log what was appended to it. */
  readonly publish: Publish;
}

export function createRegistrar({ link, publish }: RegistrarOptions): Registrar {
  function apply(writer: Writer, commands: readonly RegistrarCommand[], logs: readonly CountLog[] = []): Promise<AppliedGroup> {
    return new Promise((resolve, reject) => {
      link.send('applyCommands', { writer, commands, logs }, [], {
        resolve({ outcomes, ops, counted }) {
          // In the turn of the replies, as appends are: followers hear of records in their order.
          for (const { topic, partition, first, atMs, record } of counted) publish(topic, partition, first, atMs, [record]);
          const offsets = new Map(counted.map(({ partition, first }) => [partition, first]));
          resolve({ outcomes: outcomes.map(outcomeFrom), ops, ...(offsets.size > 0 && { counted: offsets }) });
        },
        reject,
      });
    });
  }

  return {
    lineage: () => link.ask('readLineage', {}),
    recordLife: (life) => link.ask('recordLife', { life }),
    openSeries: (writer, series) => link.ask('openSeries', { writer, series }),
    grant: (writer, series, { start, end }) => link.ask('grantSeries', { writer, series, grant: { start, end } }),
    apply,
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
