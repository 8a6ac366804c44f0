/**
 * A caller that is to be killed: takes values at a pace, says which, and stays as it is, with whatever it has in hand. SIGTERM ends it
 * cleanly. Arguments: peer, counter, how many values, values a second, addresses as JSON.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Addresses } from './addresses.ts';
import { PEERS } from './catalogue.ts';
import { Lines } from './lines.ts';

const TICK_MS = 10;

const [name, counter = '', count, pace, addresses = '{}'] = process.argv.slice(2);
const peer = PEERS.find((each) => each.name === name);
if (peer === undefined) throw new Error(`there is no peer ${name}`);
const lines = new Lines(JSON.parse(addresses) as Addresses, 1);
const session = await peer.open(lines, counter);

process.once('SIGTERM', () => {
  void session
    .close()
    .then(() => lines.close())
    .then(() => process.exit(0));
});

const startMs = performance.now();
const values: string[] = [];
while (values.length < Number(count)) {
  const due = Math.min(Number(count), Math.ceil(((performance.now() - startMs) / 1_000) * Number(pace)));
  while (values.length < due) values.push(String(await session.next(0, 1)));
  await pause(TICK_MS);
}
console.log(JSON.stringify(values));
// It holds what it holds until somebody ends it.
setInterval(() => undefined, 60_000);
