/**
 * Demand from the consumption topic: that of a data directory whose server is stopped, or of Kafka. Read up to where each partition ends
 * now; what is recorded meanwhile is left for the next time.
 */
import { openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import { dataError } from '../../backtest/accuracy/data-file.ts';
import { collectDemand, type RowSink } from '../../backtest/sources/collected-demand.ts';
import { ConsumptionSpans } from '../../backtest/sources/consumption-spans.ts';
import type { DemandSet } from '../../backtest/sources/demand-source.ts';
import { SequenceError } from '../../core/errors.ts';
import type { EventLog, LogEntry } from '../../pipelines/ports.ts';
import { decode } from '../../schemas/codec.ts';
import { type Message, TOPICS } from '../../schemas/topics.ts';
import { loadConfig } from '../../workers/runtime/process/config.ts';
import { type DemandSettings, SPREAD_SEED, timeOf } from './demand-options.ts';

interface TopicSpec {
  readonly topic: string;
  readonly offset?: number;
  readonly since?: string;
}

interface Recorded {
  readonly log: EventLog;
  readonly partitionCount: number;
  close(): Promise<void>;
}

const TOPIC = TOPICS.consumption.name;
const READ_LIMIT = 4_096;
const SECOND_MS = 1_000;
const PARTITIONS_DEFAULT = 4;
/** Whatever fails there also rejects the read that met it. */
const noServerToStop = (): void => undefined;

export async function openTopicDemand(spec: string, { topic, offset, since }: TopicSpec, settings: DemandSettings): Promise<DemandSet> {
  if (topic !== TOPIC) throw new SequenceError('SEQ_CONFIG_INVALID', `${spec}: demand is read from the topic ${TOPIC}, not from ${topic}`);
  const sinceMs = since === undefined ? undefined : timeOf(`${spec}: since`, since, settings.timeZone);
  const recorded = await openRecorded(settings);
  try {
    const partitions = Array.from({ length: recorded.partitionCount }, (_, partition) => partition);
    const ends = await Promise.all(partitions.map((partition) => recorded.log.endOffset(TOPIC, partition)));
    const from = (partition: number): Promise<number> =>
      firstOffset(recorded.log, partition, { offset, sinceMs, end: ends[partition] ?? 0 });
    const source = {
      from: spec,
      rowWord: 'offset',
      async read(sink: RowSink) {
        const spans = new ConsumptionSpans(sink);
        for (const partition of partitions) {
          for await (const { entry, message } of entries(spec, recorded.log, partition, await from(partition), ends[partition] ?? 0)) {
            if (message.kind === 'ConsumptionEvent' && message.toMs > (sinceMs ?? Number.NEGATIVE_INFINITY))
              spans.add(message, entry.offset);
          }
        }
        return spans.repairs();
      },
    };
    const { seed = SPREAD_SEED, maxStreams, sortWindowMs, onRows } = settings;
    return await collectDemand(source, { cellMs: SECOND_MS, originMs: 0, sortWindowMs, maxStreams, seed, onRows });
  } finally {
    await recorded.close();
  }
}

async function openRecorded({ dataDir, kafka, env }: DemandSettings): Promise<Recorded> {
  const flags = { ...(dataDir !== undefined && { dataDir }), ...(kafka !== undefined && { kafka }) };
  const config = await loadConfig({ flags, env });
  // A directory that was named counts more than brokers that happen to be configured.
  if (config.kafka === undefined || (dataDir !== undefined && kafka === undefined)) {
    return openEmbeddedStorage({ dataDir: config.dataDir, readOnly: true, onFailure: noServerToStop });
  }
  const [{ openKafka }, { kafkaOptions }] = await Promise.all([
    import('../../adapters/kafka/kafka.ts'),
    import('../../workers/runtime/process/kafka-options.ts'),
  ]);
  const address = { ...kafkaOptions(config), clientId: 'seqcast-demand' };
  return openKafka({ ...address, partitionCount: config.partitions ?? PARTITIONS_DEFAULT, onFailure: noServerToStop });
}

/** Where reading begins. By time, the log's own times lead close to it and the events' times decide. */
async function firstOffset(
  log: EventLog,
  partition: number,
  { offset, sinceMs, end }: { readonly offset: number | undefined; readonly sinceMs: number | undefined; readonly end: number },
): Promise<number> {
  const start = await log.startOffset(TOPIC, partition);
  if (sinceMs === undefined) return Math.max(start, offset ?? start);
  let [low, high] = [start, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [entry] = await log.read(TOPIC, partition, middle, 1);
    if (entry !== undefined && entry.atMs < sinceMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function* entries(
  spec: string,
  log: EventLog,
  partition: number,
  from: number,
  end: number,
): AsyncGenerator<{ readonly entry: LogEntry; readonly message: Message }> {
  for (let next = from; next < end; ) {
    const some = await log.read(TOPIC, partition, next, Math.min(READ_LIMIT, end - next));
    if (some.length === 0) return;
    for (const entry of some) yield { entry, message: decoded(spec, partition, entry) };
    next = (some.at(-1)?.offset ?? next) + 1;
  }
}

function decoded(spec: string, partition: number, entry: LogEntry): Message {
  try {
    return decode(entry.bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw dataError(`${spec}, partition ${partition}`, `the record cannot be read: ${why}`, entry.offset, 'offset');
  }
}
