/**
 * A kafkajs producer that stamps each record with a value of its own, as header `id` and, where the record has none, as its key. Sent again
 * after a failure a record keeps its stamp, so whoever reads can tell a repetition from a new one.
 * `tsx examples/clients/kafkajs-stamping.ts [address] [broker] [topic] [records]`
 */
import kafkajs, { type Message, type ProducerRecord } from 'kafkajs';
import { connect, type Sequence } from 'seqcast-client';

export type Stamped = Message & { readonly headers: { readonly id: string } };

/** The records with their stamps: make it once, and send the same again where a send fails. */
export async function stamped(ids: Sequence, messages: readonly Message[]): Promise<Stamped[]> {
  const values = await ids.take(messages.length);
  return messages.map((message, index) => {
    const id = String(values[index]);
    return { ...message, key: message.key ?? id, headers: { ...message.headers, id } };
  });
}

interface Sending {
  send(record: ProducerRecord): Promise<unknown>;
}

export async function sendStamped(producer: Sending, ids: Sequence, record: ProducerRecord): Promise<readonly Stamped[]> {
  const messages = await stamped(ids, record.messages);
  await producer.send({ ...record, messages });
  return messages;
}

if (process.argv[1] === import.meta.filename) {
  const [, , address = 'http://127.0.0.1:7070', broker = '127.0.0.1:9092', topic = 'events', records = '1000'] = process.argv;
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.ERROR });
  const producer = kafka.producer();
  const seqcast = await connect(address, { clientType: 'producer', service: 'stamping' });
  await producer.connect();
  const ids = seqcast.sequence('events');
  const messages = Array.from({ length: Number(records) }, (_, index) => ({ value: `event ${index}` }));
  const sent = await sendStamped(producer, ids, { topic, messages });
  console.log(`${sent.length} records with ids ${sent[0]?.headers.id} to ${sent.at(-1)?.headers.id}`);
  await producer.disconnect();
  await seqcast.close();
}
