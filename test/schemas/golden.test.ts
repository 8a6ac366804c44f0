/** Ledgers written by earlier versions are there byte for byte, and every record of them is read. How they fold is tested with the fold. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LedgerRecord } from '../../core/ledger/records.ts';
import { REJECTIONS } from '../../core/ledger/verdict.ts';
import { decode, encode } from '../../schemas/codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { framed, type GoldenFile, goldenFolder, goldenLevels, goldenLogs, readGolden, sha256 } from '../../scripts/golden-ledger.ts';
import { walk } from '../../scripts/golden-walk.ts';

const HEADER_BYTES = 10;

/** Kinds that came with a level. */
const SINCE_LEVEL: Readonly<Record<string, number>> = { LifeOpened: 2, OpsLogged: 2 };

function filesOf(level: number): [name: string, file: GoldenFile][] {
  return Object.entries(JSON.parse(readFileSync(`${goldenFolder(level)}/files.json`, 'utf8')) as Record<string, GoldenFile>);
}

/** True when it was written by the schema that this version writes with. */
function isCurrent(record: Uint8Array, again: Uint8Array): boolean {
  return Buffer.from(record.subarray(0, HEADER_BYTES)).equals(again.subarray(0, HEADER_BYTES));
}

describe.each(goldenLevels())('the golden ledger of level %i', (level) => {
  it.each(filesOf(level))('has %s as it was written', (name, { sha256: expected, records }) => {
    const golden = readGolden(level, name);
    expect(sha256(framed(golden))).toBe(expected);
    expect(golden).toHaveLength(records);
  });

  it.each(filesOf(level))('has records in %s that are read, and written again to the same bytes', (name, { kinds }) => {
    const counted: Record<string, number> = {};
    for (const bytes of readGolden(level, name)) {
      const record = decode(bytes);
      counted[record.kind] = (counted[record.kind] ?? 0) + 1;
      const again = encode(record);
      if (isCurrent(bytes, again)) expect(Buffer.from(again).equals(bytes)).toBe(true);
      else expect(decode(again)).toEqual(record);
    }
    expect(counted).toEqual(kinds);
  });

  it('holds every kind of ledger record that the level had', () => {
    const kinds = new Set(filesOf(level).flatMap(([, file]) => Object.keys(file.kinds)));
    const there = [...TOPICS.ranges.kinds, ...TOPICS.shards.kinds].filter((kind) => (SINCE_LEVEL[kind] ?? 1) <= level);
    expect(kinds).toEqual(new Set(there));
  });
});

describe('the walk that writes golden ledgers', () => {
  it('writes the same bytes for the same seed', () => {
    const digests = () => goldenLogs().map(({ name, bytes }) => `${name} ${sha256(bytes)}`);
    expect(digests()).toEqual(digests());
  });

  it('proposes what is accepted and what is rejected for every reason there is', () => {
    const verdicts = new Set(walk(20_261_118, 4_000).flatMap((log) => log.verdicts));
    // A thousand pools of one partition are more than the walk has.
    const met = REJECTIONS.filter((reason) => reason !== 'too-many-lives');
    expect([...verdicts].sort()).toEqual(['accepted', ...met].sort());
  });

  it('keeps what a reader gets equal to what was proposed', () => {
    const records = walk(1, 500).flatMap((log) => log.records);
    expect(records.map((record) => decode(encode(record)) as LedgerRecord)).toEqual(records);
  });
});
