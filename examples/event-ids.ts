/**
 * Event ids at a high rate from a server: blocks are taken ahead of use at the producer's own rate, so nearly every id costs no
 * request. `tsx examples/event-ids.ts [address]`
 */
import { connect } from 'seqcast-client';

const address = process.argv[2] ?? 'http://127.0.0.1:7070';
const EVENTS = 50_000;

const seqcast = await connect(address, { clientType: 'producer', service: 'events' });
const ids = seqcast.sequence('event-ids');
const seen = new Set<bigint>();
while (seen.size < EVENTS) seen.add(ids.tryNext() ?? (await ids.next()));
const { fetched, blockSize } = ids.figures();
console.log(`${seen.size} different ids of ${fetched} fetched, by now in blocks of ${blockSize}`);
await seqcast.close();
