/** What is left of a sequence, when it may run out, and what a change of it would do, for a terminal. */

import type { KindView } from '../workers/runtime/members/kind-views.ts';
import type { ChangePlan } from '../workers/runtime/value-space/change-plan.ts';
import type { ExhaustionView } from '../workers/runtime/value-space/exhaustion-watch.ts';
import { fields } from './table.ts';

export type ShownExhaustion = ExhaustionView;

/** A description, one attribute a line. */
export function describedText({ exhaustion, servedBy, ...sequence }: Readonly<Record<string, unknown>>): string {
  const kinds = servedBy === undefined ? {} : { servedBy: servedByText(servedBy as readonly KindView[]) };
  return fields({ ...sequence, ...kinds, ...(exhaustion !== undefined && exhaustionFields(exhaustion as ExhaustionView)) });
}

function servedByText(kinds: readonly KindView[]): string {
  return kinds.map(({ kind, streams, because }) => `${kind} (streams: ${streams}; ${because})`).join('; ');
}

/** The early date, which planning keeps to; empty where there is none. */
export function runsOutText(exhaustion: ExhaustionView | undefined): string {
  const [early] = exhaustion?.dates ?? [];
  if (early === undefined) return '';
  const { warningDays } = exhaustion ?? {};
  return `${dayOf(early.atMs)}${warningDays === undefined ? '' : ` (within ${warningDays} days)`}`;
}

export function planText(answer: unknown): string {
  const { sentences } = answer as Pick<ChangePlan, 'sentences'>;
  return `${sentences.join('\n')}\n`;
}

function exhaustionFields({ left, perDay, seenHours, dates, warningDays }: ExhaustionView): Record<string, unknown> {
  const at = (level: number): string => {
    const date = dates.find((each) => each.level === level);
    return date === undefined ? 'beyond what is foreseen' : dayOf(date.atMs);
  };
  return {
    left,
    ...(perDay !== undefined && { perDay: `${Math.round(perDay)}, as seen for ${seenHours} hours` }),
    ...(dates.length > 0 && { runsOut: `likely ${at(0.5)}; early ${at(0.05)}, late ${at(0.95)}` }),
    ...(warningDays !== undefined && { warning: `it may run out within ${warningDays} days` }),
  };
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
