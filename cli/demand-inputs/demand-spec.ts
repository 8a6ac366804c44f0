/** How demand is named on the command line, and what people are told of it. */
import { SequenceError } from '../../core/errors.ts';

/** For the help of commands that take demand: the one place that says what can be written. */
export const DEMAND_HELP = `
Demand is named by one of these:
  requests.csv                         events or counts per bin, also as .csv.gz or .tsv; a header, or the time first
  seconds.txt                          one count a line, from --start on, each of --bin
  requests.parquet                     the same as from CSV
  topic:seqcast.consumption            what a stopped --data-dir or --kafka has recorded
  topic:seqcast.consumption@offset=17  from an offset of each partition on
  topic:seqcast.consumption@since=2026-11-01T00:00:00Z
  archive:.seqcast                     the archive of a data directory, minute by minute
  trace:flash                          a generated or recorded trace
  trace:nasa*100                       the same, multiplied

Columns are found by their usual names (time, timestamp, count, value, stream, sequence, client_type, service), or named:
  --columns time=ts,count=hits,stream=name        by their header
  --columns time=1,count=3,id=2                   by number; rows with the id of another are left out
Times are ISO 8601, or seconds, milliseconds, microseconds or nanoseconds since 1970; those without a zone are of --time-zone.
`;

export type DemandSpec =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'trace'; readonly name: string; readonly factor: number }
  | { readonly kind: 'archive'; readonly directory: string }
  | { readonly kind: 'topic'; readonly topic: string; readonly offset?: number; readonly since?: string };

/** A thousand times NASA's server is a large site; more is a slip of the hand. */
const FACTOR_MAX = 1_000_000;
const KINDS = ['trace', 'topic', 'archive'];

export function demandSpec(text: string): DemandSpec {
  const [, kind, rest = ''] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
  if (kind === undefined || !KINDS.includes(kind)) {
    if (text.trim() === '') throw wrong('demand is named by a file, trace:NAME, topic:seqcast.consumption or archive:DIR');
    return { kind: 'file', path: text };
  }
  if (rest === '') throw wrong(`${text}: a name is expected after the colon`);
  if (kind === 'archive') return { kind, directory: rest };
  return kind === 'trace' ? traceSpec(rest) : topicSpec(rest);
}

function traceSpec(text: string): DemandSpec {
  const [, name = '', factorText] = /^([^*]+)(?:\*(.*))?$/.exec(text) ?? [];
  const factor = Number(factorText ?? '1');
  if (name !== '' && Number.isInteger(factor) && factor >= 1 && factor <= FACTOR_MAX) return { kind: 'trace', name, factor };
  throw wrong(`trace:${text}: a name is expected, and a whole factor behind a star where it is multiplied, such as trace:nasa*100`);
}

function topicSpec(text: string): DemandSpec {
  const [topic = '', from, ...more] = text.split('@');
  const [key, value = ''] = from === undefined ? [] : split(from);
  if (more.length === 0 && key === undefined) return { kind: 'topic', topic };
  if (more.length === 0 && key === 'offset' && /^\d{1,15}$/.test(value)) return { kind: 'topic', topic, offset: Number(value) };
  if (more.length === 0 && key === 'since' && value !== '') return { kind: 'topic', topic, since: value };
  throw wrong(`topic:${text}: behind @ stands offset=NUMBER or since=TIME, such as topic:${topic}@since=2026-11-01T00:00:00Z`);
}

function split(text: string): [string, string] {
  const at = text.indexOf('=');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function wrong(problem: string): SequenceError {
  return new SequenceError('SEQ_CONFIG_INVALID', problem);
}
