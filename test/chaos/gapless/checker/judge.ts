/** The judge of a gapless campaign: everything that was promised of numbers, held against what was written down, in one pass. */
import { type ClientLine, clientFiles, jsonLines, readAudit, type Violation, type VoidLine, voidsFile } from './lines.ts';
import { Numbers, type NumbersFound } from './numbers.ts';
import { type Counts, DeskHistory, NO_COUNTS } from './reservations.ts';

export interface Judgement extends Counts {
  readonly ok: boolean;
  /** Of each kind, where there are more than are listed. */
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  readonly found: NumbersFound;
}

/** One broken promise breaks thousands of numbers: the first of a kind say what there is to say. */
const LISTED_MAX = 20;

export async function judge(directory: string): Promise<Judgement> {
  const violations: Violation[] = [];
  const counts: Record<string, number> = {};
  const report = (violation: Violation): void => {
    const count = (counts[violation.kind] ?? 0) + 1;
    counts[violation.kind] = count;
    if (count <= LISTED_MAX) violations.push(violation);
  };
  const numbers = new Numbers(report);
  const all: Counts = { ...NO_COUNTS };
  for (const file of clientFiles(directory)) {
    const desk = new DeskHistory(report);
    for await (const line of jsonLines<ClientLine>(file)) desk.read(line);
    desk.close();
    for (const held of desk.held.values()) numbers.add(held);
    for (const name of Object.keys(all) as (keyof Counts)[]) all[name] += desk.counts[name];
  }
  for await (const line of jsonLines<VoidLine>(voidsFile(directory))) numbers.addVoid(line);
  const found = numbers.judge();
  judgeAudit(directory, found, report);
  return { ok: violations.length === 0, counts, violations, ...all, found };
}

/** What the installation counts of itself: nothing burnt, and as many issued as were confirmed. */
function judgeAudit(directory: string, { series }: NumbersFound, report: (violation: Violation) => void): void {
  const audit = readAudit(directory);
  if (audit === undefined) return;
  if (!audit.ok) report({ kind: 'audit', message: `the audit is not ok: ${audit.problems.join('; ')}` });
  for (const { sequence, generation, issued, burnt } of audit.accounts) {
    const found = series.find((each) => each.series === `${sequence}@${generation}`);
    if (found === undefined) continue;
    if (issued !== found.confirmed || burnt !== 0) {
      const message = `${sequence}@${generation}: the audit says ${issued} issued and ${burnt} burnt; ${found.confirmed} were confirmed`;
      report({ kind: 'audit', message });
    }
  }
}
