/** What several runs add up to, for a terminal and as a page beside the JSON, for whoever has no tools at hand. */
import { writeFileSync } from 'node:fs';
import { table } from '../../../cli/table.ts';
import type { Aggregate } from './aggregate.ts';
import { writeReport } from './report.ts';

const shown = (n: number): string => n.toLocaleString('en', { maximumFractionDigits: 1 });
const round = (n: number): string => shown(Math.round(n));
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

/** Writes `NAME.json` and `NAME.md`, and says where. */
export function writeAggregate(directory: string, name: string, found: Aggregate): string {
  const file = writeReport(directory, name, found);
  writeFileSync(file.replace(/json$/, 'md'), page(found));
  return file;
}

export function aggregateText(found: Aggregate): string {
  const rows = Object.entries(found.faults).map(([fault, times]) => [fault, times]);
  return [table(['fault', 'times'], rows), ...facts(found).map(([what, is]) => `${what}: ${is}`), ...verdicts(found)].join('\n');
}

function page(found: Aggregate): string {
  const { command, commit, machine, faults, runs } = found;
  return [
    '# Chaos, several seeds',
    '',
    `\`${command}\`, commit ${commit}, ${machine.cores} cores. [What it means](../../../docs/guides/chaos.md).`,
    '',
    ...verdicts(found).map((line) => `- ${line}`),
    '',
    ...markdown(['what', 'found'], facts(found)),
    '',
    ...markdown(
      ['fault', 'times'],
      Object.entries(faults).sort(([, a], [, b]) => b - a),
    ),
    '',
    ...markdown(
      ['seed', 'faults', 'values', 'throughput outside of windows', 'burnt a fault', 'load', 'safe', 'ok'],
      runs.map((run) => [
        ...[run.seed, run.faults, shown(run.values), percent(run.outsideShare), round(run.burntPerFault), run.load],
        ...[run.safe ? 'yes' : 'NO', run.ok ? 'yes' : 'no'],
      ]),
    ),
    '',
  ].join('\n');
}

function facts(found: Aggregate): (readonly [what: string, is: string])[] {
  return [
    ['seeds', `${found.seeds.length} of ${found.seedsPlanned}`],
    ['faults', `${shown(found.faultsInAll)} in ${found.storms} storms, ${found.kills} of them kills`],
    ['values', `${shown(found.values)} in ${shown(found.calls)} calls`],
    ['duplicates', shown(found.duplicates)],
    ['numbers without a gap', `${shown(found.reservations)} reservations, ${shown(found.numbersConfirmed)} numbers confirmed`],
    ['keys asked again', shown(found.keysAskedAgain)],
    ['records of the ledger', shown(found.ledgerRecords)],
    [
      'throughput outside of windows, of the calm one',
      `${percent(found.outsideShareMean)} on average, ${percent(found.outsideShareLowest)} in the worst run, ${shown(found.outsideSeconds)} s in all`,
    ],
    ['throughput in windows, of the calm one', percent(found.insideShareMean)],
    [
      'answered within 1 s while an allocator was dead',
      `${percent(found.masterDeadShare)} of ${shown(found.masterDeadCalls)} calls (before the first faults ${percent(found.calmWithinASecondShare)})`,
    ],
    ['well after a storm', `within ${shown(found.healthyAfterSecondsWorst)} s`],
    ['burnt', `${round(found.burntPerFaultMedian)} values a fault in the run in the middle; of each run below`],
  ];
}

function verdicts({ safe, ok, unsafe, missed, ended }: Aggregate): string[] {
  return [
    safe ? 'safe: no promise about values was broken' : 'NOT safe',
    ...unsafe,
    ok ? 'ok: every promise held in every run' : 'not ok: see what was missed',
    ...[...missed, ...ended.map((each) => `came to no end: ${each}`)],
  ];
}

function markdown(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
