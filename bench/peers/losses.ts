/** Looks at a counter after something ended: what was given out again, and what nobody will ever get. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Lines } from './lines.ts';
import type { Peer, PeerSession, Value } from './peer.ts';

export interface Lost {
  readonly burnt: number;
  readonly again: number;
  readonly silentMs: number;
}

const SILENCE_MS_MAX = 60_000;
const RETRY_MS = 20;

/** `received` are all the values that were ever taken of it, in order; as many more are taken as `ask` says. */
export async function lossAfter(peer: Peer, lines: Lines, counter: string, received: readonly string[], ask: number): Promise<Lost> {
  const startMs = performance.now();
  const { session, first, silentMs } = await reopened(peer, lines, counter, startMs);
  try {
    const after = [first];
    while (after.length < ask) after.push(await session.next(0, 1));
    const known = new Set(received);
    const again = after.filter((value) => known.has(String(value))).length;
    if (peer.burnt === undefined) return { again, silentMs, burnt: Math.max(0, Number(first) - Number(received.at(-1)) - 1) };
    await session.close();
    return { again, silentMs, burnt: Math.max(0, await peer.burnt(lines, counter, received.length + after.length)) };
  } finally {
    await session.close();
  }
}

/** The first value after servers came back: whoever asks is refused or hears nothing for a while. */
async function reopened(
  peer: Peer,
  lines: Lines,
  counter: string,
  startMs: number,
): Promise<{ readonly session: PeerSession; readonly first: Value; readonly silentMs: number }> {
  for (;;) {
    let session: PeerSession | undefined;
    try {
      session = await peer.open(lines, counter);
      const first = await session.next(0, 1);
      return { session, first, silentMs: performance.now() - startMs };
    } catch (error) {
      await session?.close();
      if (performance.now() - startMs > SILENCE_MS_MAX) throw error;
      await pause(RETRY_MS);
    }
  }
}
