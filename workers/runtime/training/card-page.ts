/** A model card as a page that a person reads: `card.md` beside the weights, and what `seqcast models show` prints. */
import type { EvaluationSummary } from '../../../models/registry/gate.ts';
import { type ModelCard, modelId } from '../../../models/registry/model-card.ts';

const MINUTE_MS = 60_000;

export function cardPage(card: ModelCard): string {
  const { family, version, training, data, evaluation } = card;
  return [
    `# ${modelId(family, version)}`,
    '',
    `${evaluation.verdict.promote ? 'Passed the gate' : 'Did not pass the gate'}: ${evaluation.verdict.because}.`,
    '',
    rows({
      'trained until': time(card.trainedUntilMs),
      'trained on': `${data.streams} streams, ${data.points} bins of ${data.binMs / MINUTE_MS} min, ${data.outages} of them outages`,
      'data from': `${time(data.fromMs)} to ${time(data.untilMs)}`,
      training: `${training.kind}${training.startedFrom === null ? '' : ` of ${training.startedFrom}`}, ${training.steps} steps, seed ${training.seeds.join(', ')}`,
      took: `${(training.tookMs / 1_000).toFixed(1)} s on ${card.backend}`,
      made: time(card.madeAtMs),
      features: card.featureSchema,
      weights: `${card.weightBytes} bytes, sha256 ${card.sha256}`,
    }),
    '## On days that it had not seen',
    '',
    ...evaluationLines(evaluation),
    '## Loss while it was trained',
    '',
    '| step | loss |',
    '|---:|---:|',
    ...training.losses.map(({ step, loss }) => `| ${step} | ${figure(loss)} |`),
    '',
  ].join('\n');
}

function evaluationLines(evaluation: EvaluationSummary): string[] {
  const { losses, improvement, coverage, classes, rival } = evaluation;
  return [
    `${time(evaluation.fromMs)} to ${time(evaluation.untilMs)}: ${evaluation.scores} forecasts of ${evaluation.streams} streams were scored, ` +
      `${evaluation.leftOut} streams left out. Loss is pinball loss in units of what a naive forecast misses by.`,
    '',
    '| model | loss |',
    '|---|---:|',
    `| this one | ${figure(losses.challenger)} |`,
    ...(losses.champion === null ? [] : [`| the champion | ${figure(losses.champion)} |`]),
    ...Object.entries(losses.baselines).map(([name, loss]) => `| ${name} | ${figure(loss)} |`),
    '',
    `Against ${rival} it saves ${percent(improvement.share)} (90 % interval ${percent(improvement.low)} to ${percent(improvement.high)}). ` +
      `The .95 quantile covered ${percent(coverage.share)}.`,
    '',
    '| type of caller | forecasts | saves |',
    '|---|---:|---:|',
    ...classes.map(
      (each) => `| ${each.class} | ${each.scores} | ${percent(each.improvement)}${each.isJudged ? '' : ' (too few to judge)'} |`,
    ),
    '',
  ];
}

function rows(facts: Readonly<Record<string, string>>): string {
  return ['| | |', '|---|---|', ...Object.entries(facts).map(([name, fact]) => `| ${name} | ${fact} |`), ''].join('\n');
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, '2026-11-25T00:00'.length).replace('T', ' ')} UTC`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function figure(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(4) : String(value);
}
