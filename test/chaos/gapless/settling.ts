/** What an installation says of its numbers when nobody asks for any more: which are not in use, and why; and its own audit. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { VoidLine } from './checker/lines.ts';
import type { Desk } from './desk.ts';

const PAGE = 1_000;
const POLL_MS = 250;
/** The shortest reservations live for three seconds, and the sweeper comes twice a second. */
const EXPIRY_MS_MAX = 30_000;
const AUDIT_TIMEOUT_MS = 300_000;
const AUDIT_ATTEMPTS = 20;

/** Waits until nothing is reserved any more, and writes down every number that is void. */
export async function settled(url: string, desks: readonly Desk[], directory: string): Promise<void> {
  const file = join(directory, 'voids.jsonl');
  const series = seriesOf(desks);
  for (const endMs = performance.now() + EXPIRY_MS_MAX; ; await pause(POLL_MS)) {
    writeFileSync(file, '');
    let open = 0;
    for (const { sequence, generation } of series) {
      for await (const voids of voidsOf(url, sequence, generation)) {
        open += voids.filter(({ state }) => state === 'reserved').length;
        if (voids.length > 0) appendFileSync(file, `${voids.map((each) => JSON.stringify(each)).join('\n')}\n`);
      }
    }
    // What is open for longer is for the judge to say.
    if (open === 0 || performance.now() > endMs) break;
  }
  writeFileSync(join(directory, 'audit.json'), JSON.stringify(await auditOf(url)));
}

function seriesOf(desks: readonly Desk[]): { readonly sequence: string; readonly generation: number }[] {
  const all = new Map<string, Set<number>>();
  for (const { generations } of desks) {
    for (const [sequence, seen] of generations) all.set(sequence, new Set([...(all.get(sequence) ?? []), ...seen]));
  }
  return [...all].flatMap(([sequence, seen]) => [...seen].map((generation) => ({ sequence, generation })));
}

async function* voidsOf(url: string, sequence: string, generation: number): AsyncGenerator<VoidLine[]> {
  for (let from: number | undefined = 1; from !== undefined; ) {
    const path = `${url}/v1/sequences/${sequence}/voids?limit=${PAGE}&generation=${generation}&from=${from}`;
    const response = await fetch(path);
    if (!response.ok) throw new Error(`no void report of ${sequence}: ${await response.text()}`);
    const page = (await response.json()) as {
      readonly voids: readonly Omit<VoidLine, 'sequence' | 'generation'>[];
      readonly next?: number;
    };
    yield page.voids.map((each) => ({ sequence, generation, ...each }));
    from = page.next;
  }
}

/** Consumption of the last second is on its way, so an audit may have to be asked for again. */
async function auditOf(url: string): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(`${url}/v1/audit`, { method: 'POST', signal: AbortSignal.timeout(AUDIT_TIMEOUT_MS) });
    const body = await response.text();
    if (response.ok) {
      const audit = JSON.parse(body) as { readonly ok: boolean };
      if (audit.ok || attempt === AUDIT_ATTEMPTS) return audit;
    } else if (attempt === AUDIT_ATTEMPTS) throw new Error(`no audit: ${body}`);
    await pause(POLL_MS * attempt);
  }
}
