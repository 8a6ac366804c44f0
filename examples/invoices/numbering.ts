/** One series of invoice numbers for each branch office, beginning again each year, in PostgreSQL beside the invoices. */
import { type NumberedGeneration, open } from 'seqcast';

export const TIME_ZONE = 'Europe/Berlin';
const SERIES = { berlin: 'INV-{YYYY}-{value:06}', munich: 'INV-M-{YYYY}-{value:06}' } as const;
export const BRANCHES = Object.keys(SERIES) as readonly (keyof typeof SERIES)[];

/** The next page begins where this one ends. */
const PAGE = 1_000;

type Seqcast = Awaited<ReturnType<typeof open>>;
type Service = ReturnType<Seqcast['reservations']>;
type Void = Awaited<ReturnType<Service['voids']>>['entries'][number];
type Reuse = Awaited<ReturnType<Service['reuses']>>['entries'][number];

export interface Numbering {
  /** What the branch's series is now: numbers are taken of it, in the transaction that needs them. */
  current(branch: string): NumberedGeneration;
  /** Has the database know the series of this year; asked again whenever it does not. */
  begin(branch: string): Promise<void>;
  voids(branch: string, generation: number): Promise<Void[]>;
  reuses(branch: string, generation: number): Promise<Reuse[]>;
}

/** `clockAheadMs`: the service believes that it is so much later, to see a new year begin. */
export async function openNumbering(dataDir: string, postgres: string, clockAheadMs: number): Promise<Numbering> {
  const seqcast = await open({ dataDir, postgres, clock: () => ({ nowMs: () => Date.now() + clockAheadMs }) });
  for (const branch of BRANCHES) {
    await seqcast.create(nameOf(branch), { guarantee: 'gapless', format: SERIES[branch], reset: 'yearly', timeZone: TIME_ZONE });
  }
  const numbers = seqcast.reservations();
  const numbering: Numbering = {
    current: (branch) => seqcast.describe(nameOf(branch)),
    // Whoever asks what is void has the series opened.
    begin: async (branch) => void (await numbers.voids({ sequence: nameOf(branch), from: 0, limit: 1 })),
    voids: (branch, generation) => allOf((from) => numbers.voids({ sequence: nameOf(branch), generation, from, limit: PAGE })),
    reuses: (branch, generation) => allOf((from) => numbers.reuses({ sequence: nameOf(branch), generation, from, limit: PAGE })),
  };
  for (const branch of BRANCHES) await numbering.begin(branch);
  return numbering;
}

export function nameOf(branch: string): string {
  return `invoices-${branch}`;
}

async function allOf<T>(page: (from: number) => Promise<{ readonly entries: readonly T[]; readonly next?: number }>): Promise<T[]> {
  const entries: T[] = [];
  for (let from: number | undefined = 1; from !== undefined; ) {
    const answer: { readonly entries: readonly T[]; readonly next?: number } = await page(from);
    entries.push(...answer.entries);
    from = answer.next;
  }
  return entries;
}
