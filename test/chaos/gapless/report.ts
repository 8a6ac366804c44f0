/** What a campaign found, as JSON to keep and as a page to read. */
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { commit } from '../../../bench/commit.ts';
import { table } from '../../../cli/table.ts';
import { writeReport } from '../reports/report.ts';
import type { PartRun } from './campaign.ts';
import type { Judgement } from './checker/judge.ts';

export interface PartReport extends PartRun {
  readonly part: string;
  readonly store: string;
  readonly judgement: Judgement;
}

export interface CampaignReport {
  readonly command: string;
  readonly commit: string;
  readonly seed: number;
  readonly machine: { readonly cores: number; readonly load: number };
  readonly ok: boolean;
  readonly broken: readonly string[];
  readonly minutes: number;
  readonly callers: number;
  readonly kills: number;
  readonly reservations: number;
  readonly numbersConfirmed: number;
  readonly confirmed: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly reused: number;
  readonly void: number;
  readonly lostAnswersRepeated: number;
  readonly keysAskedAgain: number;
  readonly newYears: number;
  readonly parts: readonly PartReport[];
}

export function campaignReport(of: Pick<CampaignReport, 'command' | 'seed' | 'callers' | 'minutes' | 'parts'>): CampaignReport {
  const { parts } = of;
  const sum = (each: (part: PartReport) => number): number => parts.reduce((all, part) => all + each(part), 0);
  const broken = parts.flatMap(({ part, judgement }) =>
    Object.entries(judgement.counts).map(([kind, times]) => `${part}: ${times} x ${kind}`),
  );
  return {
    ...of,
    commit: commit(),
    machine: { cores: availableParallelism(), load: Number((loadavg()[0] ?? 0).toFixed(2)) },
    ok: broken.length === 0,
    broken,
    kills: sum(({ killsServing, killsStarting }) => killsServing + killsStarting),
    reservations: sum(({ judgement }) => judgement.reservations),
    numbersConfirmed: sum(({ judgement }) => judgement.found.confirmed),
    confirmed: sum(({ judgement }) => judgement.confirmed),
    cancelled: sum(({ judgement }) => judgement.cancelled),
    expired: sum(({ judgement }) => judgement.expired),
    reused: sum(({ judgement }) => judgement.found.reused),
    void: sum(({ judgement }) => judgement.found.void),
    lostAnswersRepeated: sum(({ judgement }) => judgement.lostAnswers),
    keysAskedAgain: sum(({ judgement }) => judgement.keysAskedAgain),
    newYears: sum(({ newYears }) => newYears),
  };
}

/** Resolves to where it is. */
export function writeCampaign(directory: string, name: string, report: CampaignReport): string {
  const file = writeReport(directory, name, report);
  writeFileSync(join(directory, `${name}.md`), page(report));
  return file;
}

export function campaignText(report: CampaignReport): string {
  const head = ['part', 'store', 'kills', 'in a start', 'reservations', 'a second', 'back after s', 'worst', 'series', 'reused', 'void'];
  const rows = report.parts.map(({ part, store, judgement, ...run }) => [
    ...[part, store, shown(run.killsServing), shown(run.killsStarting), shown(judgement.reservations)],
    ...[shown(judgement.reservations / run.servingSeconds), run.awaySecondsMedian.toFixed(1), run.awaySecondsWorst.toFixed(1)],
    ...[shown(judgement.found.series.length), shown(judgement.found.reused), shown(judgement.found.void)],
  ]);
  return [table(head, rows), ...sentences(report)].join('\n');
}

function sentences(report: CampaignReport): string[] {
  const violations = report.parts.flatMap(({ part, judgement }) => judgement.violations.map((each) => ({ part, ...each })));
  return [
    `seed ${report.seed}: ${shown(report.reservations)} reservations under ${shown(report.kills)} kills in ${report.minutes.toFixed(1)} minutes, ${report.callers} calls on their way at a time`,
    `${shown(report.confirmed)} confirmed, ${shown(report.cancelled)} cancelled, ${shown(report.expired)} expired; ${shown(report.numbersConfirmed)} numbers in use, ${shown(report.reused)} of them or of the void ones held more than once, ${shown(report.void)} void at the end and explained`,
    `${shown(report.lostAnswersRepeated)} answers were lost and asked for again, ${shown(report.keysAskedAgain)} keys answered once more; ${report.newYears} new years came`,
    ...violations.slice(0, 10).map(({ part, kind, message }) => `  ${part}: ${kind}: ${message}`),
    report.ok ? 'ok: every promise held' : `NOT ok: ${report.broken.join('; ')}`,
  ];
}

function page(report: CampaignReport): string {
  const { command, commit: of, machine, parts } = report;
  const rows = parts.map(({ part, store, judgement: { reservations, found }, ...run }) => {
    const kills = `${run.killsServing} + ${run.killsStarting}`;
    const rate = shown(reservations / run.servingSeconds);
    return `| ${part} | ${store} | ${kills} | ${shown(reservations)} | ${rate} | ${run.awaySecondsMedian.toFixed(1)} | ${found.series.length} | ${shown(found.reused)} | ${shown(found.void)} |`;
  });
  return [
    '# Numbers without a gap under kills',
    '',
    `\`${command}\` on commit ${of}, ${machine.cores} cores, load ${machine.load}.`,
    '',
    '| part | store | kills serving + starting | reservations | a second while serving | back after s, median | series | reused | void |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    ...sentences(report).map((line) => `- ${line.trim()}`),
    '',
  ].join('\n');
}

function shown(number: number): string {
  return number.toLocaleString('en', { maximumFractionDigits: 0 });
}
