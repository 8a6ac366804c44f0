/** One metric of the catalogue in Prometheus' text format, for what is counted without a registry. */
import { type Labelled, type LabelledName, type LabelsOf, METRICS, type PlainName } from './metric-catalogue.ts';

export function exposition(name: PlainName, value: number): string[] {
  return [...head(name), `${name} ${value}`];
}

export function labelledExposition<N extends LabelledName>(name: N, values: Labelled<LabelsOf<N>>): string[] {
  return [...head(name), ...values.map(([labels, value]) => `${name}{${labelText(labels)}} ${value}`)];
}

function head(name: PlainName | LabelledName): string[] {
  const { help, kind } = METRICS[name];
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`];
}

/** Values of labels here are of closed lists: none needs to be escaped. */
function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',');
}
