/** One request of Kafka's protocol, by hand: enough to know that a broker serves and sees all the others. */
import { ask } from './probe.ts';

const METADATA = 3;
/** The oldest that both 3.9 and 4.x answer and that lets one ask for no topic at all. */
const METADATA_VERSION = 1;

/** How many brokers the one at that port knows; undefined while it does not answer. */
export function brokersKnownAt(port: number): Promise<number | undefined> {
  return ask(port, metadataRequest(), (answer) => {
    // Length, correlation id, then the brokers: int32 each, the last one counts the list.
    if (answer.length < 12) return undefined;
    return answer.readInt32BE(8);
  });
}

function metadataRequest(): Buffer {
  const clientId = Buffer.from('seqcast-stack');
  const request = Buffer.alloc(10 + clientId.length + 4);
  request.writeInt16BE(METADATA, 0);
  request.writeInt16BE(METADATA_VERSION, 2);
  request.writeInt32BE(1, 4);
  request.writeInt16BE(clientId.length, 8);
  clientId.copy(request, 10);
  // An empty list of topics.
  request.writeInt32BE(0, 10 + clientId.length);
  const length = Buffer.alloc(4);
  length.writeInt32BE(request.length);
  return Buffer.concat([length, request]);
}
