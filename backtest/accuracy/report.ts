/** What the accuracy bench found on one task: written as JSON for programs, and as a leaderboard for people. */
import { compared, type ModelComparison, type Scored } from './comparison.ts';
import type { FileDigest } from './data-file.ts';
import { type ForecastCost, type ForecastTable, filledTable } from './forecast-table.ts';
import { type Metrics, metricsOf } from './metrics.ts';
import { scoreTask } from './scores.ts';
import type { AccuracyTask } from './task.ts';

/** `baseline`: what has to be beaten. `expert`: what a mixture is made of beside the baselines. */
export type ModelRole = 'baseline' | 'expert' | 'mixture';

export interface ReportedModel {
  readonly table: ForecastTable;
  readonly role: ModelRole;
  /** The same model by each of several seeds, where it was run with more than one. */
  readonly seeds?: readonly ForecastTable[];
  /** What people should know of it, e.g. its weights. */
  readonly note?: string;
}

export interface Manifest {
  readonly command: string;
  readonly commit: string;
  readonly version: string;
  readonly node: string;
  readonly seed: number;
  readonly files: readonly FileDigest[];
}

export interface ModelRow {
  readonly model: string;
  readonly role: ModelRole;
  readonly metrics: Metrics;
  /** Lead by lead, where there are few. */
  readonly leads: readonly Metrics[];
  readonly relative: { readonly mase: number; readonly wql: number };
  readonly cost: ForecastCost;
  readonly refusals: ForecastTable['refusals'];
  /** Test forecasts that the stand-in made instead. */
  readonly replaced: number;
  readonly againstBaseline?: ModelComparison;
  readonly seedSpread?: { readonly seeds: number; readonly mase: readonly [number, number]; readonly wql: readonly [number, number] };
  readonly note?: string;
}

export interface AccuracyReport {
  readonly task: {
    readonly name: string;
    readonly test: string;
    readonly series: number;
    readonly forecasts: number;
    readonly leadsMs: readonly number[];
    readonly levels: readonly number[];
    readonly of: 'total' | 'bin';
  };
  readonly manifest: Manifest;
  readonly standIn: string;
  /** The baseline with the lowest WQL. */
  readonly bestBaseline: string;
  readonly models: readonly ModelRow[];
}

/** With more, a table lead by lead is longer than what it says. */
const LEADS_SHOWN_MAX = 12;

/** `standIn` answers where a model refuses, and everything is shown relative to it: the seasonal naive. */
export function accuracyReport(
  task: AccuracyTask,
  models: readonly ReportedModel[],
  standIn: ForecastTable,
  manifest: Manifest,
): AccuracyReport {
  const scored = models.map((model) => ({ ...model, ...scoredTable(task, model.table, standIn) }));
  const reference = metricsOf(task, scoredTable(task, standIn, standIn).scores);
  const baselines = scored.filter(({ role }) => role === 'baseline').sort((a, b) => a.metrics.wql - b.metrics.wql);
  const best = baselines[0];
  const rows = scored.map((model): ModelRow => {
    const { table, role, metrics, replaced, seeds, note } = model;
    return {
      model: table.model,
      role,
      metrics,
      leads: task.grid.leadsMs.length > LEADS_SHOWN_MAX ? [] : task.grid.leadsMs.map((_, lead) => metricsOf(task, model.scores, [lead])),
      relative: { mase: metrics.mase / reference.mase, wql: metrics.wql / reference.wql },
      cost: table.cost,
      refusals: table.refusals,
      replaced,
      ...(best === undefined || model === best ? {} : { againstBaseline: compared(task, model, best) }),
      ...(seeds === undefined || seeds.length < 2 ? {} : { seedSpread: spread(task, seeds, standIn) }),
      ...(note === undefined ? {} : { note }),
    };
  });
  const { name, test, series, grid } = task;
  const forecasts = series.reduce((sum, { origins, testFrom }) => sum + origins.length - testFrom, 0);
  return {
    task: { name, test, series: series.length, forecasts, ...grid },
    manifest: { ...manifest, files: task.files },
    standIn: standIn.model,
    bestBaseline: best?.model ?? 'none',
    models: rows.sort((a, b) => a.metrics.wql - b.metrics.wql),
  };
}

type ScoredTable = Scored & { readonly metrics: Metrics; readonly replaced: number };

function scoredTable(task: AccuracyTask, table: ForecastTable, standIn: ForecastTable): ScoredTable {
  const { quantiles, replaced } = filledTable(task, table, [standIn]);
  const scores = scoreTask(task, quantiles);
  return { model: table.model, quantiles, scores, metrics: metricsOf(task, scores), replaced };
}

function spread(task: AccuracyTask, seeds: readonly ForecastTable[], standIn: ForecastTable): NonNullable<ModelRow['seedSpread']> {
  const metrics = seeds.map((table) => scoredTable(task, table, standIn).metrics);
  const range = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;
  return { seeds: seeds.length, mase: range(metrics.map(({ mase }) => mase)), wql: range(metrics.map(({ wql }) => wql)) };
}
