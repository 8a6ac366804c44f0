/** What a replay found, for people. */
import type { AllocationDifference } from '../../pipelines/replay-allocations.ts';
import type { Difference } from '../../pipelines/replay-decision.ts';
import type { ForecastDifference } from '../../pipelines/replay-forecasts.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { DemandReplay } from './manifest.ts';
import type { VerifyReport } from './verification.ts';

export function demandText({ streams, refused, repairs }: DemandReplay, terminal: Terminal): string {
  if (streams.length === 0) return 'no demand is recorded there\n';
  const rows = streams.map((each) => [
    each.stream,
    each.demanded,
    each.stalledPpm.toFixed(1),
    Math.round(each.meanIdle),
    each.maxIdle,
    each.allocationsPerHour.toFixed(1),
  ]);
  const lines = [table(['stream', 'demanded', 'stalled ppm', 'mean idle', 'max idle', 'allocations/h'], rows, terminal)];
  for (const [why, count] of Object.entries(refused)) lines.push(`${count} forecasts of fitted models were not heard: ${why}`);
  return `${[...lines, ...repairs].join('\n')}\n`;
}

export function verifyText({ ok, forecasts, allocations }: VerifyReport): string {
  const lines = [
    `forecasts    ${forecasts.agreeing} of ${forecasts.forecasts} made again, byte for byte`,
    ...differing(forecasts.differing, forecasts.differences.map(forecastText)),
    ...(forecasts.eventless === 0 ? [] : [`  ${forecasts.eventless} cannot be made again: their events are not in the log`]),
    `allocations  ${allocations.agreeing} of ${allocations.allocations} decided again, to the last digit`,
    ...(allocations.inferred === 0
      ? []
      : [`  of ${allocations.inferred}, before a first forecast, the moment at which their order was read had to be found`]),
    ...differing(allocations.differing, allocations.differences.map(allocationText)),
    ...Object.entries(allocations.underivable).map(([why, count]) => `  ${count} cannot be decided again: ${why}`),
    verdict(ok, { forecasts, allocations }),
  ];
  return `${lines.join('\n')}\n`;
}

function verdict(ok: boolean, { forecasts, allocations }: Pick<VerifyReport, 'forecasts' | 'allocations'>): string {
  if (!ok) return 'NOT ok: the replay differs from what was recorded';
  return forecasts.agreeing === forecasts.forecasts && allocations.agreeing === allocations.allocations
    ? 'ok: the replay agrees with all that was recorded'
    : 'ok: the replay agrees with all of which the log still holds the inputs';
}

function differing(count: number, told: readonly string[]): string[] {
  return count === 0 ? [] : [`  ${count} differ${count > told.length ? `; the first ${told.length}` : ''}:`, ...told];
}

function forecastText({ stream, offset, cutoffMs, fields }: ForecastDifference): string {
  return `    forecast ${offset} of ${stream} as of ${new Date(cutoffMs).toISOString()}: ${fields.map(fieldText).join('; ')}`;
}

function allocationText({ stream, offset, decidedAtMs, fields }: AllocationDifference): string {
  return `    shard ${offset} of ${stream}, decided at ${new Date(decidedAtMs).toISOString()}: ${fields.map(fieldText).join('; ')}`;
}

function fieldText({ field, recorded, derived }: Difference): string {
  return `${field} recorded ${recorded}, derived ${derived}`;
}
