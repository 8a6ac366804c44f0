/**
 * A bench in a process of its own, as `seqcast bench NAME` is: what others left on the heap, compiled or warmed up is not in its figures.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { BenchResult } from './result.ts';

/** Throws with the last that it said where it ended badly. Its progress goes where this process's goes. */
export async function inOwnProcess(name: string): Promise<BenchResult[]> {
  const args = [...process.execArgv, process.argv[1] as string, 'bench', name, '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit') as Promise<[code: number | null]>;
  const results: BenchResult[] = [];
  let said = '';
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) results.push(JSON.parse(line) as BenchResult);
    else said = line;
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(said === '' ? `it ended with ${code}` : said);
  return results;
}
