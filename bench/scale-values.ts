/**
 * A billion values in one run: a thousand sequences, a hundred client types of each, on a real data directory. What every caller was
 * given is held against all the others by this file, not by the ledger; then the audit has its say.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { COUNT_MAX } from '../core/limits.ts';
import { open } from '../workers/embedded.ts';
import type { NextAnswer } from '../workers/runtime/service/service.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';

const SEQUENCES = 1_000;
const CLIENT_TYPES = 100;
const VALUES = 1_000_000_000;
/** Calls under way at a time. */
const TOGETHER = 200;
const MEGABYTE = 1_048_576;

export async function run({ progress }: BenchRequest): Promise<BenchResult[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-bench-'));
  const seqcast = await open({ dataDir, streamsPerSequence: CLIENT_TYPES });
  try {
    for (let sequence = 0; sequence < SEQUENCES; sequence++) await seqcast.create(nameOf(sequence), {});
    progress(`${SEQUENCES} sequences are there`);
    const given = new GivenValues();
    const startMs = performance.now();
    const calls = VALUES / COUNT_MAX;
    let [begun, done, told] = [0, 0, 0];
    const ask = async (): Promise<void> => {
      while (begun < calls) {
        const call = begun++;
        const sequence = call % SEQUENCES;
        const clientType = `type-${Math.floor(call / SEQUENCES) % CLIENT_TYPES}`;
        given.add(sequence, await seqcast.next({ sequence: nameOf(sequence), count: COUNT_MAX, clientType }));
        done++;
        if (performance.now() - startMs < told) continue;
        told += 5_000;
        progress(
          `${Math.floor((100 * done) / calls)} %, ${Math.ceil((((performance.now() - startMs) / done) * (calls - done)) / 1_000)} s left`,
        );
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, ask));
    const seconds = (performance.now() - startMs) / 1_000;
    const megabytes = process.memoryUsage().rss / MEGABYTE;
    const duplicates = given.duplicates();
    progress('held against each other; now the audit');
    const auditMs = performance.now();
    const { ok, accounts, duplicates: audited } = await seqcast.audit();
    const audit = (performance.now() - auditMs) / 1_000;
    const issued = accounts.reduce((sum, each) => sum + each.issued, 0);
    return [
      {
        name: 'scale-values',
        value: given.count,
        unit: `values given out in ${given.blocks.toLocaleString('en')} blocks of ${SEQUENCES * CLIENT_TYPES} streams`,
        baseline: 0,
        ratio: 0,
        target: 'no duplicate, audit ok',
        kept: duplicates === 0 && ok && audited === 0 && issued === given.count,
        note:
          `${duplicates} duplicates among the answers; audit ${ok ? 'ok' : 'NOT ok'}, ${issued} issued, ${audit.toFixed(1)} s; ` +
          `${Math.round(given.count / seconds / 1e6)} M values/s, ${Math.round(megabytes)} MB resident`,
      },
    ];
  } finally {
    await seqcast.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function nameOf(sequence: number): string {
  return `sequence-${sequence}`;
}

/** Everything that callers were given, by sequence: where a block begins, and how many values it has. */
class GivenValues {
  readonly #starts = Array.from({ length: SEQUENCES }, () => [] as [start: number, count: number][]);
  count = 0;
  blocks = 0;

  add(sequence: number, { blocks }: NextAnswer): void {
    for (const { start, count } of blocks) {
      this.#starts[sequence]?.push([Number(start), count]);
      this.count += count;
      this.blocks++;
    }
  }

  /** Values that lie in a block and in an earlier one. */
  duplicates(): number {
    let found = 0;
    for (const starts of this.#starts) {
      let end = 0;
      for (const [start, count] of starts.sort(([a], [b]) => a - b)) {
        found += Math.max(0, Math.min(end, start + count) - start);
        end = Math.max(end, start + count);
      }
    }
    return found;
  }
}
