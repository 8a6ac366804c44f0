/** What is lost with a caller: a process of its own takes values and is killed, or asked to end, and then the counter is looked at. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Addresses } from './addresses.ts';
import type { Ending } from './engines.ts';
import { Lines } from './lines.ts';
import { type Lost, lossAfter } from './losses.ts';
import type { Peer } from './peer.ts';
import { PACE } from './plan.ts';

/** Runs from TypeScript where this does, and then needs what this was started with. */
const VICTIM = fileURLToPath(new URL(`./victim${extname(import.meta.filename)}`, import.meta.url));
/** Values that are asked for afterwards. */
const ASKED_AFTER = 20;

export async function endCaller(peer: Peer, addresses: Addresses, counter: string, count: number, how: Ending): Promise<Lost> {
  const lines = new Lines(addresses, 1);
  try {
    await peer.prepare(lines, counter);
    const received = await takenBy(peer, addresses, counter, count, how);
    return await lossAfter(peer, lines, counter, received, ASKED_AFTER);
  } finally {
    await lines.close();
  }
}

async function takenBy(peer: Peer, addresses: Addresses, counter: string, count: number, how: Ending): Promise<readonly string[]> {
  const args = [...process.execArgv, VICTIM, peer.name, counter, String(count), String(PACE), JSON.stringify(addresses)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.endsWith(']\n')) break;
  }
  child.kill(how === 'kill -9' ? 'SIGKILL' : 'SIGTERM');
  await exited;
  if (!text.endsWith(']\n')) throw new Error(`the caller of ${peer.title} ended before it had its values`);
  return JSON.parse(text) as string[];
}
