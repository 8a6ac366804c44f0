/** The void report: whether the numbers are 1 to n, which are not in use and why, and how each that was given up came to be used again. */
import type { Pool } from 'pg';
import { BRANCHES, type Numbering } from './numbering.ts';
import { refusals, seriesFacts } from './tables.ts';

export interface BranchReport {
  readonly branch: string;
  readonly years: readonly YearReport[];
}

export interface YearReport {
  readonly invoices: number;
  readonly first: string;
  readonly last: string;
  /** Positions below the last that no invoice has, by the application's own table. */
  readonly missing: readonly number[];
  /** Numbers that seqcast says are held or were given up, in words. */
  readonly voids: readonly string[];
  /** A number that one draft gave up and another order got, in words. */
  readonly reuses: readonly string[];
  /** A number that a transaction had seen which rolled back, and who has it now. */
  readonly rolledBack: readonly string[];
}

export async function reportOf(pool: Pool, numbering: Numbering): Promise<BranchReport[]> {
  const client = await pool.connect();
  try {
    const seen = await refusals(client);
    const branches: BranchReport[] = [];
    for (const branch of BRANCHES) {
      const years: YearReport[] = [];
      for (const facts of await seriesFacts(client, branch)) {
        const { generation, invoices, first, last, missing } = facts;
        const voids = (await numbering.voids(branch, generation)).map(
          ({ formatted = '', state, why, owner }) => `${formatted} is ${state}: ${why}, of order ${owner}`,
        );
        const reuses = (await numbering.reuses(branch, generation)).map(({ formatted = [], before, after }) => {
          const how = `${before.state} (${before.why})`;
          return `${formatted.join(', ')}: order ${before.owner} ${how}, then order ${after.owner} ${after.state}`;
        });
        const ofYear = seen.filter(({ number }) => number.slice(0, -6) === last.slice(0, -6));
        const rolledBack = ofYear.map(({ order, number, because, now }) => {
          return `${number}: order ${order} rolled back (${because}), ${now === null ? 'nobody has it yet' : `order ${now} has it`}`;
        });
        years.push({ invoices, first, last, missing, voids, reuses, rolledBack });
      }
      branches.push({ branch, years });
    }
    return branches;
  } finally {
    client.release();
  }
}
