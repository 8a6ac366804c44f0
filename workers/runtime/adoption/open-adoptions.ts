/** Opens the log of adoptions of a service that has one, and puts what they give out before it. */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { AdoptedCounter } from '../../../adapters/counters/adopted-counter.ts';
import { misnamed } from '../../../adapters/counters/observed-source.ts';
import type { SeqcastService } from '../service/service.ts';
import { withAdopted } from './adopted-service.ts';
import { AdoptionBook } from './adoption-book.ts';
import { AdoptionDesk } from './adoption-desk.ts';

export interface AdoptionSettings {
  /** Of the user that the addresses name; never in the log. */
  readonly password: string | undefined;
  readonly onFailure: (error: unknown) => void;
  readonly onProblem: (error: unknown, message: string) => void;
}

const LIFE_BYTES = 8;

export async function openAdoptions(
  service: SeqcastService,
  { password, onFailure, onProblem }: AdoptionSettings,
): Promise<SeqcastService> {
  const log = service.eventLog?.();
  if (log === undefined) return service;
  const book = new AdoptionBook({ log, nowMs: Date.now, life: randomBytes(LIFE_BYTES).toString('hex'), onFailure });
  await book.start();
  const desk = new AdoptionDesk({
    ...{ book, service, onProblem },
    openCounter: (address) => openCounter(address, password),
    monotonicMs: () => performance.now(),
    pause: (ms) => setTimeout(ms, undefined, { ref: false }),
  });
  desk.start();
  return withAdopted(service, desk, book);
}

/** Only the client of that engine is loaded. */
async function openCounter(address: string, password: string | undefined): Promise<AdoptedCounter> {
  const scheme = /^([a-z]+):\/\//.exec(address)?.[1];
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return await (await import('../../../adapters/postgres/adopted-counter.ts')).openAdoptedPostgres(address, password);
    case 'mysql':
    case 'mariadb':
      return await (await import('../../../adapters/mysql/adopted-counter.ts')).openAdoptedMysql(address, password);
    default:
      throw misnamed('it cannot be told what to adopt: the address begins with postgres://, mysql:// or mariadb://');
  }
}
