/**
 * What a bulk job is asked: values into a file or a topic, or a file written again with a column of values. Checked when it is asked and once more when
 * it runs, because a queue may hold what another version put there.
 */
import { SequenceError } from '../../../core/errors.ts';
import { checkName } from '../../../core/sequence.ts';

/** Values of one job: what a writer on one core does in a few minutes; more is several jobs. */
export const BULK_COUNT_MAX = 1_000_000_000;
export const BULK_SERVICE = 'bulk';
export const BULK_FORMATS = ['parquet', 'csv', 'ranges'] as const;
export type BulkFormat = (typeof BULK_FORMATS)[number];
/** In a topic: a record a value, or a record a range. */
export const TOPIC_FORMATS = ['values', 'ranges'] as const;
export type TopicFormat = (typeof TOPIC_FORMATS)[number];

/** A plain name: no directory, nothing hidden, nothing that a shell or another system reads as more than a name. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const COLUMN_CHARS_MAX = 128;
const ENDINGS: Readonly<Record<string, BulkFormat>> = { parquet: 'parquet', csv: 'csv', jsonl: 'ranges' };

interface BulkAsked {
  readonly sequence: string;
  /** Who the values are for; both are `bulk` where they are left out. */
  readonly clientType?: string;
  readonly service?: string;
}

export interface IssueAsked extends BulkAsked {
  readonly count: number;
  /** Name of the file to write, in the directory of bulk files. */
  readonly file?: string;
  /** Instead of a file: a topic of Kafka, one of those that are allowed. */
  readonly topic?: string;
  /** By the ending of the file where it is left out: `.parquet`, `.csv`, `.jsonl` (ranges); of a topic, `values`. */
  readonly format?: BulkFormat | TopicFormat;
}

export interface StampAsked extends BulkAsked {
  /** Name of the file to write, in the directory of bulk files. */
  readonly file: string;
  /** Name of the file to read: Parquet or CSV. */
  readonly input: string;
  readonly column: string;
}

/** Either the file or the topic is empty. */
export interface IssueOrder extends Required<IssueAsked> {
  readonly kind: 'issue';
}

export interface StampOrder extends Required<StampAsked> {
  readonly kind: 'stamp';
  readonly format: BulkFormat;
}

export type BulkOrder = IssueOrder | StampOrder;

/** Throws `SEQ_INVALID_REQUEST`, `SEQ_INVALID_COUNT` or `SEQ_INVALID_NAME`. */
export function issueOrder(asked: IssueAsked): IssueOrder {
  const { count } = asked;
  if (!Number.isSafeInteger(count) || count < 1 || count > BULK_COUNT_MAX) {
    const problem = `count is ${String(count)}: a job issues 1 to ${BULK_COUNT_MAX} values`;
    throw new SequenceError('SEQ_INVALID_COUNT', problem, { max: BULK_COUNT_MAX });
  }
  const { file = '', topic = '', format } = asked;
  if ((file === '') === (topic === '')) throw invalid('values go into a file or into a topic: name one of them');
  const order = { ...callerOf(asked), kind: 'issue', file, topic, count } as const;
  if (topic === '') return { ...order, format: fileFormat(file, format) };
  if (format !== undefined && !isOneOf(TOPIC_FORMATS, format)) throw invalid(`a topic holds ${TOPIC_FORMATS.join(' or ')}, not ${format}`);
  return { ...order, format: format ?? 'values' };
}

/** Throws `SEQ_INVALID_REQUEST` or `SEQ_INVALID_NAME`. */
export function stampOrder(asked: StampAsked): StampOrder {
  const { input, file, column } = asked;
  const order = { ...callerOf(asked), kind: 'stamp', file, input, column, format: formatOf(file) } as const;
  if (order.format === 'ranges' || formatOf(input) === 'ranges') throw invalid('a stamped file is Parquet or CSV: .parquet or .csv');
  if (input === file) throw invalid('the stamped file needs another name than the one that is read');
  if (typeof column !== 'string' || column.trim() === '' || column.length > COLUMN_CHARS_MAX)
    throw invalid(`a column has a name of 1 to ${COLUMN_CHARS_MAX} characters`);
  return order;
}

/** Where the values go, in words: a file's name or `topic:NAME`. */
export function targetOf(order: BulkOrder): string {
  return order.kind === 'issue' && order.topic !== '' ? `topic:${order.topic}` : order.file;
}

function fileFormat(file: string, format: IssueAsked['format']): BulkFormat {
  checkFileName(file);
  if (format === undefined) return formatOf(file);
  if (isOneOf(BULK_FORMATS, format)) return format;
  throw invalid(`a file is written as ${BULK_FORMATS.join(', ')}, not ${format}`);
}

function isOneOf<T extends string>(words: readonly T[], word: string): word is T {
  return (words as readonly string[]).includes(word);
}

function callerOf(asked: BulkAsked): Required<BulkAsked> {
  const { sequence, clientType = BULK_SERVICE, service = BULK_SERVICE } = asked;
  checkName('sequence', sequence);
  checkName('client type', clientType);
  checkName('service', service);
  return { sequence, clientType, service };
}

function formatOf(file: string): BulkFormat {
  checkFileName(file);
  const format = ENDINGS[file.split('.').at(-1) ?? ''];
  if (format === undefined) throw invalid(`${file}: its ending says no format; use .parquet, .csv or .jsonl, or name the format`);
  return format;
}

function checkFileName(file: unknown): asserts file is string {
  if (typeof file === 'string' && FILE_NAME.test(file)) return;
  const shown = typeof file === 'string' ? JSON.stringify(file.slice(0, 80)) : typeof file;
  throw invalid(`${shown} is no name for a file here: 1 to 128 letters, digits, '.', '_' or '-', without a directory`);
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}
