/**
 * The tables of docs/guides/capacity.md: what one process or one engine was measured to do, and what installations of some sizes need
 * according to that. `npm run docs` writes them between the marks of the page.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { BenchResult } from '../bench/result.ts';
import { SHARD_BYTES, STREAM_BYTES } from '../pipelines/placement.ts';
import { TOPICS } from '../schemas/topics.ts';
import { unframed } from './golden-ledger.ts';

interface Measured {
  readonly results: readonly BenchResult[];
}

/** An installation to be sized. */
interface Scenario {
  readonly name: string;
  readonly valuesPerSecond: number;
  readonly streams: number;
  /** Streams that are asked within a second: each reports once. */
  readonly active: number;
  readonly valuesPerCall: number;
  readonly rideThroughS: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'a shop', valuesPerSecond: 500, streams: 50, active: 50, valuesPerCall: 1, rideThroughS: 60 },
  { name: 'a large site', valuesPerSecond: 100_000, streams: 10_000, active: 2_000, valuesPerCall: 10, rideThroughS: 300 },
  { name: 'a million values a second', valuesPerSecond: 1_000_000, streams: 100_000, active: 10_000, valuesPerCall: 50, rideThroughS: 300 },
  { name: 'ten million streams', valuesPerSecond: 1_000_000, streams: 10_000_000, active: 100_000, valuesPerCall: 10, rideThroughS: 300 },
];

/** What is planned for is half of what was measured: bursts, and the other half when one of two dies. */
const LOAD = 0.5;
/** A Redis of that size is filled by half. */
const REDIS_BYTES = 8e9;
/** What a process of Node may hold without being told more. */
const HEAP_BYTES = 2e9;
/** Streams that one set of allocators is given: each of them holds all of them. */
const STREAMS_PER_INSTALLATION = 1_000_000;
const ALLOCATIONS_PER_HOUR = 55;
const COPIES = 3;
const HOUR_S = 3_600;
const DAY_S = 86_400;
const KILOBYTE = 1_024;

const [MARK, MARK_END] = ['<!-- Written by `npm run docs` from scripts/capacity-model.ts: -->', '<!-- until here. -->'];

function measured(file: string): Map<string, BenchResult> {
  const { results } = JSON.parse(readFileSync(`bench/results/${file}.json`, 'utf8')) as Measured;
  // Of two with one name the first is meant: with calls that go to the server together, as those of a gateway do.
  return new Map(results.toReversed().map((result) => [result.name, result]));
}

/** Mean bytes of a record of a topic, from what a real installation wrote. */
function recordBytes(topic: string): number {
  const folder = 'test/golden/data-dir-0.1.0/topics';
  const files = readdirSync(folder).filter((file) => file.startsWith(`${topic}-`));
  const records = files.flatMap((file) => unframed(gunzipSync(readFileSync(`${folder}/${file}`))));
  return records.reduce((sum, { length }) => sum + length, 0) / records.length;
}

interface Costs {
  readonly redisCalls: number;
  readonly redisCallsOfHundred: number;
  readonly gatewayRequests: number;
  readonly kafkaAnswers: number;
  readonly allocatorBytes: number;
  readonly decisions: number;
  readonly forecasterBytes: number;
  readonly brokerRecords: number;
  readonly consumptionBytes: number;
  readonly forecastBytes: number;
  readonly shardBytes: number;
}

function costs(): Costs {
  const [own, kafka] = [measured('all'), measured('kafka-values')];
  const value = (from: Map<string, BenchResult>, name: string): number => {
    const result = from.get(name);
    if (result === undefined) throw new Error(`bench/results has no ${name}`);
    return result.value;
  };
  const [, kilobytes = '0'] = /([\d.]+) KB of models and history a stream/.exec(own.get('forecast-refresh-memory')?.note ?? '') ?? [];
  const answers = value(kafka, 'kafka-values');
  return {
    redisCalls: value(own, 'redis-server-values'),
    redisCallsOfHundred: value(own, 'redis-server-values-100'),
    gatewayRequests: value(own, 'gateway-redis'),
    kafkaAnswers: answers,
    allocatorBytes: value(own, 'streams-bytes'),
    decisions: value(own, 'streams-decisions'),
    forecasterBytes: Number(kilobytes) * KILOBYTE,
    // One broker carried a request and an answer each.
    brokerRecords: 2 * answers,
    consumptionBytes: recordBytes(TOPICS.consumption.name),
    forecastBytes: recordBytes(TOPICS.forecasts.name),
    shardBytes: recordBytes(TOPICS.shards.name),
  };
}

const up = (value: number): number => Math.ceil(value);
const count = (value: number): string => Math.round(value).toLocaleString('en');
const significant = (value: number): string => Number(value.toPrecision(2)).toLocaleString('en');

function bytesText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${significant(bytes / 1_000 ** power)} ${units[power]}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => `| ${row.join(' | ')} |`);
  return [head, `|${'---|'.repeat(rows[0]?.length ?? 0)}`, ...body].join('\n');
}

function unitTable(c: Costs): string {
  return table([
    ['', 'measured', 'by'],
    [
      'a Redis',
      `${count(c.redisCalls)} calls/s of a value, ${count(c.redisCallsOfHundred)} of a hundred`,
      '`seqcast bench redis-next` (the server alone, 16 calls at a time)',
    ],
    ['a gateway, on one core', `${count(c.gatewayRequests)} requests/s over HTTP`, '`seqcast bench gateway-redis`'],
    ['a gateway, values over Kafka', `${count(c.kafkaAnswers)} answers/s`, '`seqcast bench kafka-values`'],
    [
      'a broker',
      `${count(c.brokerRecords)} records/s: requests and answers of the same run, on the same two cores as everything else`,
      '`seqcast bench kafka-values`',
    ],
    [
      'an allocator',
      `${count(c.allocatorBytes)} bytes of heap a stream, ${count(c.decisions)} streams decided about a second`,
      '`seqcast bench streams`',
    ],
    [
      'a forecaster',
      `${bytesText(c.forecasterBytes)} a stream that lived for two weeks (the mean of rates that follow Zipf)`,
      '`seqcast bench forecast-refresh`',
    ],
    [
      'a stream in Redis',
      `${bytesText(STREAM_BYTES)}, and ${bytesText(SHARD_BYTES)} for its open shard`,
      'what the allocators place by, [pools](pools.md)',
    ],
    [
      'a record',
      `${count(c.consumptionBytes)} bytes of consumption, ${count(c.forecastBytes)} of a forecast, ${count(c.shardBytes)} of the ledger`,
      'the topics in `test/golden`',
    ],
  ]);
}

interface Needs {
  readonly [what: string]: string;
}

function needsOf(s: Scenario, c: Costs): Needs {
  const calls = s.valuesPerSecond / s.valuesPerCall;
  const allocations = (s.active * ALLOCATIONS_PER_HOUR) / HOUR_S;
  const installations = up(s.streams / STREAMS_PER_INSTALLATION);
  const redisBytes = s.streams * (STREAM_BYTES + SHARD_BYTES);
  const redis = Math.max(2, up(calls / (c.redisCalls * LOAD)), up(redisBytes / (REDIS_BYTES * LOAD)));
  const forecasterBytes = s.streams * c.forecasterBytes;
  const forecasters = Math.max(2, up(forecasterBytes / (HEAP_BYTES * LOAD)));
  // A second's consumption and forecast of each active stream, and what is allocated.
  const records = 2 * s.active + 2 * allocations;
  const bytes = s.active * (c.consumptionBytes + c.forecastBytes) + allocations * c.shardBytes;
  const kept =
    s.active * (c.consumptionBytes * (TOPICS.consumption.retentionMs / 1_000) + c.forecastBytes * (TOPICS.forecasts.retentionMs / 1_000));
  const brokers = Math.max(3, up((COPIES * records) / (c.brokerRecords * LOAD)));
  return {
    'calls a second': count(calls),
    installations: String(installations),
    'Redis nodes': `${redis} (${bytesText(redisBytes)} of stock)`,
    gateways: String(Math.max(2, up(calls / (c.gatewayRequests * LOAD)))),
    'allocators, two a set': `${2 * installations} of ${bytesText((s.streams / installations) * c.allocatorBytes)}`,
    forecasters: `${forecasters} (${bytesText(forecasterBytes)})`,
    'allocations a second': significant(allocations),
    'Kafka: records a second': count(records),
    'Kafka: written, three copies': `${bytesText(COPIES * bytes)}/s`,
    'Kafka: brokers': String(brokers),
    'Kafka: partitions': String(partitionsFor(forecasters / installations)),
    'Kafka: disk, three copies': bytesText(COPIES * kept),
    'the ledger grows, a day': bytesText(DAY_S * allocations * c.shardBytes),
    'idle stock at most': `${significant(s.valuesPerSecond * s.rideThroughS)} values`,
  };
}

/** A power of two that leaves room for twice as many processes. */
function partitionsFor(processes: number): number {
  return Math.max(4, 2 ** up(Math.log2(2 * processes)));
}

function scenarioTable(c: Costs): string {
  const all = SCENARIOS.map((scenario) => needsOf(scenario, c));
  const asked: [string, (s: Scenario) => string][] = [
    ['values a second', (s) => count(s.valuesPerSecond)],
    ['streams', (s) => count(s.streams)],
    ['of these asked within a second', (s) => count(s.active)],
    ['values a call', (s) => count(s.valuesPerCall)],
    ['ride-through', (s) => `${s.rideThroughS} s`],
  ];
  return table([
    ['', ...SCENARIOS.map(({ name }) => `**${name}**`)],
    ...asked.map(([what, of]) => [what, ...SCENARIOS.map(of)]),
    ...Object.keys(all[0] ?? {}).map((what) => [`**${what}**`, ...all.map((needs) => needs[what] ?? '')]),
  ]);
}

/** The page with both tables as the present figures have them. */
export function capacityGuide(): string {
  const page = readFileSync('docs/guides/capacity.md', 'utf8');
  const c = costs();
  const tables = [unitTable(c), scenarioTable(c)];
  return page.split(MARK).reduce((written, part, index) => {
    const rest = part.slice(part.indexOf(MARK_END));
    return `${written}${MARK}\n\n${tables[index - 1]}\n\n${rest}`;
  });
}
