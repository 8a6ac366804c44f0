/** What is lost with the servers: values are taken of every counter, all servers end and start again, and the counters are looked at. */

import type { Addresses } from './addresses.ts';
import type { Ending, Engines } from './engines.ts';
import { Lines } from './lines.ts';
import { type Lost, lossAfter } from './losses.ts';
import type { Peer } from './peer.ts';

/** Those whose values are asked of a server one by one: blocks that a caller holds do not end with a server. */
export function isOnServer(peer: Peer): boolean {
  return peer.kind !== 'in process';
}

export async function endServers(
  peers: readonly Peer[],
  engines: Engines,
  addresses: Addresses,
  counterOf: (peer: Peer) => string,
  count: number,
  how: Ending,
): Promise<ReadonlyMap<Peer, Lost | Error>> {
  const before = new Lines(addresses, 1);
  const received = new Map<Peer, readonly string[]>();
  try {
    for (const peer of peers) received.set(peer, await taken(peer, before, counterOf(peer), count));
    await engines.restart(how);
  } finally {
    await before.close();
  }
  const losses = peers.map(async (peer): Promise<[Peer, Lost | Error]> => {
    // Of its own: transactions of two peers must not mix.
    const after = new Lines(addresses, 1);
    try {
      return [peer, await lossAfter(peer, after, counterOf(peer), received.get(peer) ?? [], count)];
    } catch (error) {
      return [peer, error as Error];
    } finally {
      await after.close();
    }
  });
  return new Map(await Promise.all(losses));
}

async function taken(peer: Peer, lines: Lines, counter: string, count: number): Promise<readonly string[]> {
  await peer.prepare(lines, counter);
  const session = await peer.open(lines, counter);
  const values: string[] = [];
  while (values.length < count) values.push(String(await session.next(0, 1)));
  return values;
}
