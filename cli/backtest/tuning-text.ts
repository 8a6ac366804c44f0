/** What `tune` found, for a person: the settings as commands, what they cost where they were chosen and on the rest, and what is missed. */
import type { TunedCost } from '../../backtest/tuning/goal.ts';
import type { TuningResult } from '../../backtest/tuning/tune.ts';
import { ALLOCATIONS_PER_HOUR } from '../../core/sizing/order-size.ts';
import { compact } from '../demo/figures.ts';
import { type Column, fittedTable } from './columns.ts';

export function tuningText(result: TuningResult, { sequence, width }: { readonly sequence: string; readonly width: number }): string {
  const { settings, onTraining, onRest, missedOnTraining, missedOnRest } = result;
  const rows = [
    { part: 'where they were chosen', cost: onTraining },
    { part: 'on the rest', cost: onRest },
  ];
  const columns: Column<{ readonly part: string; readonly cost: TunedCost }>[] = [
    { title: 'what they cost', text: ({ part }) => part, leaveOut: 0 },
    { title: 'stalled ppm', text: ({ cost }) => compact(cost.stalledPpm), leaveOut: 0 },
    { title: 'alloc/h', text: ({ cost }) => compact(cost.operationsPerHour), leaveOut: 0 },
    { title: 'mean idle', text: ({ cost }) => compact(cost.meanIdle), leaveOut: 0 },
    { title: 'outages', text: ({ cost }) => `${Number(cost.survivedPercent.toFixed(2))} %`, leaveOut: 0 },
    { title: 'crash burns', text: ({ cost }) => compact(cost.burntAtCrash), leaveOut: 1 },
    { title: 'cost/day', text: ({ cost }) => compact(cost.costPerDay), leaveOut: 2 },
  ];
  const fixed =
    settings.allocationsPerHour === ALLOCATIONS_PER_HOUR
      ? ''
      : `\nAt ${settings.allocationsPerHour} allocations an hour; the live rule aims at ${ALLOCATIONS_PER_HOUR}, and no setting changes it.\n`;
  return [
    'For a new sequence, or one that there is:\n' +
      `  ${commandLine('create', sequence, result)}\n  ${commandLine('alter', sequence, result)}\n`,
    `As attributes (POST /v1/sequences):\n  ${JSON.stringify(tunedAttributes(result))}\n${fixed}`,
    fittedTable(columns, rows, width),
    missedText('where they were chosen', missedOnTraining) + missedText('on the rest', missedOnRest),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** As the HTTP interface names them. */
export function tunedAttributes({ settings, goal }: TuningResult): Readonly<Record<string, string | number>> {
  return {
    targetStallsPpm: settings.targetStallsPpm,
    rideThroughMs: goal.rideThroughS * 1_000,
    rideThroughClass: settings.rideThroughClass,
  };
}

export function commandLine(command: 'create' | 'alter', sequence: string, result: TuningResult): string {
  const { targetStallsPpm, rideThroughMs, rideThroughClass } = tunedAttributes(result);
  const service = `--target-stalls-ppm ${targetStallsPpm} --ride-through-ms ${rideThroughMs} --ride-through-class ${rideThroughClass}`;
  return `seqcast ${command} ${sequence} ${service}`;
}

function missedText(where: string, missed: readonly string[]): string {
  return missed.map((each) => `missed ${where}: ${each}\n`).join('');
}
