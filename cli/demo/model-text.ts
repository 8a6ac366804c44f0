/** The demo's own model in words: two lines of the screen, and a paragraph of the summary. */
import { parseStreamId } from '../../core/stream.ts';
import { duration } from './figures.ts';
import type { GateScores, ModelProgress, ModelWeight } from './model-progress.ts';

const NOTE_COLUMNS = 92;

/** At most two lines of the screen. */
export function modelLines(model: ModelProgress): string[] {
  switch (model.state) {
    case 'waiting':
      return [`model: after day ${model.afterDays} the server trains one of its own`, ...weightLines(model, 'now')];
    case 'training':
      return [`model: training on the first ${model.afterDays} days: ${model.note}`, ...weightLines(model, 'now')];
    case 'failed':
      return [`model: none was trained: ${model.note}`.slice(0, NOTE_COLUMNS)];
    case 'refused':
      return [`model: ${model.model} was trained${tookText(model)} and refused by the gate:`, `  ${model.note}`.slice(0, NOTE_COLUMNS)];
    case 'promoted':
      return [
        `model: ${model.model}, made${tookText(model)}, passed the gate on day ${dayText(model.endedDay)}: ${scoresText(model.gate)}`,
        ...weightLines(model, 'now'),
      ];
  }
}

export function modelParagraph(model: ModelProgress): string[] {
  const { state, model: id, note, gate, afterDays } = model;
  if (state === 'waiting') return ['', `No model was trained: the demo ended before day ${afterDays} was over.`];
  if (state === 'training') return ['', `The model was still training when the demo ended: ${note}.`];
  if (state === 'failed') return ['', `No model was trained: ${note}.`];
  const lines = [
    '',
    `The server trained ${id} on the first ${afterDays} days${tookText(model)}, asked on day ${dayText(model.askedDay)}, judged on day ${dayText(model.endedDay)}.`,
    ...(gate === undefined ? [] : [`Gate, on ${gate.days.toFixed(1)} days kept back: loss ${scoresText(gate)}.`]),
    `${state === 'promoted' ? 'Promoted' : 'Refused'}: ${note}.`,
  ];
  return [...lines, ...weightLines(model, 'mean')];
}

function weightLines({ weights }: ModelProgress, which: 'now' | 'mean'): string[] {
  if (weights.length === 0) return [];
  const text = ({ stream, now, mean }: ModelWeight): string =>
    `${parseStreamId(stream).clientType} ${percent(now)}${which === 'mean' ? ` (mean ${percent(mean)})` : ''}`;
  return [`${which === 'now' ? '  its weight' : 'Its weight'} in the mixtures: ${weights.map(text).join(', ')}`];
}

/** The loss, the rival's, and what is saved. */
function scoresText(gate: GateScores | undefined): string {
  if (gate === undefined) return 'its card cannot be read';
  return `${gate.loss.toFixed(3)}, ${gate.rival.replace('the champion ', '')} ${gate.rivalLoss.toFixed(3)} (${percent(-gate.saved)})`;
}

function tookText({ tookMs }: ModelProgress): string {
  return tookMs === undefined ? '' : ` in ${duration(tookMs)}`;
}

function dayText(day: number | undefined): string {
  return day === undefined ? '?' : day.toFixed(1);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
