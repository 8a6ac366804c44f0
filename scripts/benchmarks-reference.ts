/**
 * The page of everything that was measured and kept: what, against what, whether its bar was kept, by which command, at which commit. Drawn
 * from bench/results; what missed its bar comes first.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type BetterPeer, betterFailovers, betterPeers } from '../bench/peers/better.ts';
import type { Comparison } from '../bench/peers/figures.ts';
import type { BenchResult } from '../bench/result.ts';
import { WHY_MISSED } from '../bench/why-missed.ts';

const FOLDER = 'bench/results';
const PAGES = `../../${FOLDER}`;
/** The results of all benches on one commit; older files follow. */
const FIRST = 'all';
/** Where others are better is told in full on the page of the comparison. */
const BETTER_SHOWN = 10;

/** A test looks for it: a miss is explained, or mended. */
export const WHY_UNKNOWN = '**nobody said why**';

/** One line of the page. `kept` is undefined where nothing was promised. */
interface Row {
  readonly what: string;
  readonly measured: string;
  readonly against?: string;
  readonly ratio?: string;
  readonly bar?: string;
  readonly kept?: boolean;
  readonly note?: string;
  /** Why it missed its bar. */
  readonly why?: string;
}

/** What may be in a file of results; each kind has some of it. */
interface Kept {
  readonly command?: string;
  readonly commit?: string;
  readonly date?: string;
  readonly cores?: number;
  readonly load?: string;
  readonly machine?: { readonly cores: number; readonly load: readonly number[] };
  readonly manifest?: { readonly command: string; readonly commit: string };
  readonly leftOut?: readonly string[];
  readonly results?: readonly BenchResult[];
  readonly verdicts?: readonly (Verdict | PolicyVerdict)[];
  readonly task?: { readonly test: string };
  readonly bestBaseline?: string;
  readonly models?: readonly { readonly model: string; readonly metrics: { readonly mase: number; readonly wql: number } }[];
}

/** Of many cases, each with a bound. */
interface Verdict {
  readonly figure: string;
  readonly kept: boolean;
  readonly why?: string;
}

/** Of a forecast in the closed loop, over all traces. */
interface PolicyVerdict {
  readonly policy: string;
  readonly seasonal: number;
  readonly saves: number;
  readonly worst: { readonly trace: string; readonly ratio: number };
  readonly kept: boolean;
}

interface File extends Kept {
  readonly name: string;
  readonly hasPage: boolean;
  readonly rows: readonly Row[];
}

export function benchmarksReference(folder = FOLDER): string {
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : []));
  return benchmarksPage(names.map((name) => keptFile(folder, name)));
}

function benchmarksPage(found: readonly File[]): string {
  const files = [...found].sort((a, b) => Number(b.name === FIRST) - Number(a.name === FIRST) || (a.name < b.name ? -1 : 1));
  const promised = files.flatMap((file) => file.rows.filter(({ kept }) => kept !== undefined).map((row) => ({ file, row })));
  const missed = promised.filter(({ row }) => row.kept === false);
  return [
    '# Benchmarks',
    '',
    '<!-- Written by `npm run docs` from bench/results/*.json: measure anew there. -->',
    '',
    `Everything that was measured and kept, from [\`${FOLDER}\`](${PAGES}/README.md), as the benches wrote it. A ratio is to a baseline of the same`,
    'run on the same machine; a bar was set before it was measured. What chaos runs found is in [test/chaos/results](../../test/chaos/results/README.md).',
    '',
    `**${promised.length - missed.length} of ${promised.length} bars kept.**`,
    '',
    ...(missed.length === 0
      ? []
      : [
          '## Missed',
          '',
          ...table(
            missed.map(({ file, row }) => ({
              ...row,
              what: `${row.what} (${file.name})`,
              note: row.why ?? WHY_MISSED[row.what] ?? WHY_UNKNOWN,
            })),
          ),
        ]),
    ...files.flatMap(section),
  ].join('\n');
}

function section(file: File): string[] {
  const { name, command, commit, date, machine, cores, load, manifest, leftOut = [], hasPage, rows } = file;
  const on =
    machine === undefined ? [] : [`${machine.cores} cores, load ${machine.load.map((each) => each.toFixed(1)).join(', ')} before it began`];
  const facts = [
    `\`${command ?? manifest?.command ?? 'unknown'}\``,
    `commit ${commit ?? manifest?.commit ?? 'not noted'}`,
    date ?? 'date not noted',
    ...on,
    ...(cores === undefined ? [] : [`${cores} cores`]),
    ...(load === undefined ? [] : [`load ${load}`]),
  ];
  const page = hasPage ? [`In full: [${name}.md](${PAGES}/${name}.md).`, ''] : [];
  return [
    `## ${name}`,
    '',
    `${facts.join('; ')}.`,
    '',
    ...page,
    ...table(rows),
    ...(leftOut.length === 0 ? [] : ['Left out:', '', ...leftOut.map((each) => `- ${each}`), '']),
  ];
}

function table(rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ what, measured, against = '', ratio = '', bar = '', kept, note = '' }) => {
    const verdict = kept === undefined ? '' : kept ? 'kept' : '**missed**';
    const all = [what, measured, against, ratio, bar, verdict, note].map((cell) => cell.replaceAll('|', '\\|'));
    return `| ${all.join(' | ')} |`;
  });
  return ['| figure | measured | against | ratio | bar | | |', `|${'---|'.repeat(7)}`, ...cells, ''];
}

function keptFile(folder: string, name: string): File {
  const content = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')) as unknown;
  const kept = content as Kept;
  return { ...kept, name, hasPage: existsSync(`${folder}/${name}.md`), rows: rowsOf(name, content, kept) };
}

function rowsOf(name: string, content: unknown, { results, verdicts, models, task, bestBaseline }: Kept): Row[] {
  if (name === 'peers') return peerRows(content as Comparison);
  if (results !== undefined) return results.map(resultRow);
  if (models !== undefined) return accuracyRows(models, task?.test ?? '', bestBaseline ?? '');
  if (verdicts !== undefined) {
    return [
      ...verdictRows(verdicts.filter((each): each is Verdict => 'figure' in each)),
      ...verdicts.filter((each): each is PolicyVerdict => 'policy' in each).map(policyRow),
    ];
  }
  return plainRows(content as Readonly<Record<string, unknown>>);
}

function resultRow({ name, value, unit, baseline, ratio, target, kept, note }: BenchResult): Row {
  return {
    ...{ what: name, measured: `${shown(value)} ${unit}` },
    ...(baseline > 0 && { against: shown(baseline), ratio: `${ratio.toFixed(2)} x` }),
    ...(target !== undefined && { bar: target }),
    ...(kept !== undefined && { kept }),
    ...(note !== undefined && { note }),
  };
}

/** Promises that were made of many cases: each as how many of them kept it. */
function verdictRows(verdicts: readonly Verdict[]): Row[] {
  const figures = [...new Set(verdicts.map(({ figure }) => figure))];
  return figures.map((figure) => {
    const all = verdicts.filter((each) => each.figure === figure);
    const kept = all.filter((each) => each.kept).length;
    const whys = [...new Set(all.flatMap((each) => (each.kept || each.why === undefined ? [] : [each.why])))];
    return {
      ...{ what: figure, measured: `${kept} of ${all.length} cases`, bar: 'all cases', kept: kept === all.length },
      ...(whys.length > 0 && { why: whys.join('; ') }),
    };
  });
}

function policyRow({ policy, seasonal, saves, worst, kept }: PolicyVerdict): Row {
  return {
    what: `${policy}: idle stock at equal outages survived`,
    measured: `at most 0.95 x on ${saves} of ${seasonal} seasonal traces; at worst ${worst.ratio.toFixed(2)} x (${worst.trace})`,
    ...{ against: 'log-regression', bar: 'at least half of them; <= 1.02 x', kept },
  };
}

function accuracyRows(models: NonNullable<Kept['models']>, test: string, bestBaseline: string): Row[] {
  const best = models.find(({ model }) => model === bestBaseline);
  return models.map(({ model, metrics: { mase, wql } }) => ({
    what: model,
    measured: `MASE ${mase.toFixed(3)}, WQL ${wql.toFixed(4)}`,
    ...(best !== undefined && {
      against: `${bestBaseline}, WQL ${best.metrics.wql.toFixed(4)}`,
      ratio: `${(wql / best.metrics.wql).toFixed(2)} x`,
    }),
    ...(model === models[0]?.model && { note: test }),
  }));
}

function peerRows({ peers, failovers, isQuick }: Comparison): Row[] {
  const better = [...betterPeers(peers), ...betterFailovers(failovers)];
  const worst = [...better].filter(({ isCertain }) => isCertain).sort((a, b) => finite(b) - finite(a));
  const others = worst.slice(0, BETTER_SHOWN).map(
    ({ ours, measure, peer, ourFigure, peerFigure, unit }): Row => ({
      ...{ what: `${measure}: ${ours}`, measured: `${shown(ourFigure)} ${unit}`, against: `${peer}: ${shown(peerFigure)}` },
      ratio: `${shown(Math.max(peerFigure, ourFigure) / Math.min(peerFigure, ourFigure))} x`,
      note: 'the other is better',
    }),
  );
  const duplicates = failovers.map(
    ({ title, isOurs, duplicates: { median, max } }): Row => ({
      ...{ what: `given out twice by a fail-over: ${title}`, measured: `${shown(median)} of a median run` },
      ...(isOurs && { bar: '0', kept: max === 0 }),
    }),
  );
  return [
    {
      what: 'comparisons of medians that others win',
      measured: String(better.length),
      note: isQuick ? 'a quick run: not to be quoted' : '',
    },
    ...others,
    ...duplicates,
  ];
}

/** Where theirs is nothing there is no ratio to rank by. */
function finite({ times }: BetterPeer): number {
  return Number.isFinite(times) ? times : 0;
}

/** What has no form of its own: its plain figures. */
function plainRows(content: Readonly<Record<string, unknown>>): Row[] {
  return Object.entries(content).flatMap(([what, value]): Row[] => {
    if (typeof value === 'number') return [{ what, measured: shown(value) }];
    return typeof value === 'boolean' ? [{ what, measured: value ? 'yes' : 'no' }] : [];
  });
}

function shown(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
