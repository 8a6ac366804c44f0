/** All series of a store: they are numbered from 1. */
import type { Registrar, SeriesStatus } from '../../../pipelines/ports.ts';

/** Asked for together: one message to the storage. */
const ASKED_AT_ONCE = 64;

export async function allSeries(registrar: Pick<Registrar, 'status'>): Promise<SeriesStatus[]> {
  const all: SeriesStatus[] = [];
  for (;;) {
    const numbers = Array.from({ length: ASKED_AT_ONCE }, (_, index) => all.length + index + 1);
    const found = (await Promise.all(numbers.map((number) => registrar.status(number)))).filter((status) => status !== undefined);
    all.push(...found);
    if (found.length < ASKED_AT_ONCE) return all;
  }
}
