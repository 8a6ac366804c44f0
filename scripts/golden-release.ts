/**
 * Golden data directories: what a released version wrote, to be opened by every later one. Run it once for a version that is to be
 * released, `tsx scripts/golden-release.ts`, and commit what it wrote; those of older versions are never written again.
 *
 * Beside the database lie the facts that must stay true, and the topics of its log as the bytes that any engine would hold.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import { VERSION } from '../core/version.ts';
import { TOPICS } from '../schemas/topics.ts';
import { GOLDEN_PARTITIONS, type GoldenFacts, writeHistory } from './golden-history.ts';
import { framed, unframed } from './golden-ledger.ts';

const GOLDEN = join('test', 'golden');
const PREFIX = 'data-dir-';
/** Both are needed: the database, and what says how much it holds at least. */
const DATA_FILES = ['seqcast.db', 'seqcast.witness'];

export interface GoldenTopic {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly Uint8Array[];
}

/** Versions of which there is a directory. */
export function goldenReleases(): string[] {
  return readdirSync(GOLDEN)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length));
}

export function goldenFacts(version: string): GoldenFacts {
  return JSON.parse(readFileSync(join(GOLDEN, PREFIX + version, 'facts.json'), 'utf8')) as GoldenFacts;
}

/** Lays the data directory of a version down where it can be opened. */
export function unpackDirectory(version: string, dataDir: string): void {
  mkdirSync(dataDir, { recursive: true });
  for (const file of DATA_FILES) writeFileSync(join(dataDir, file), gunzipSync(readFileSync(join(GOLDEN, PREFIX + version, `${file}.gz`))));
}

export function goldenTopics(version: string): GoldenTopic[] {
  const folder = join(GOLDEN, PREFIX + version, 'topics');
  return readdirSync(folder).map((file) => {
    const [, topic = '', partition = ''] = /^(.+)-(\d+)[.]bin[.]gz$/.exec(file) ?? [];
    return { topic, partition: Number(partition), records: unframed(gunzipSync(readFileSync(join(folder, file)))) };
  });
}

async function readTopics(dataDir: string): Promise<GoldenTopic[]> {
  const { log, close } = await openEmbeddedStorage({ dataDir, readOnly: true, onFailure: () => undefined });
  const topics: GoldenTopic[] = [];
  for (const { name: topic } of Object.values(TOPICS)) {
    for (let partition = 0; partition < GOLDEN_PARTITIONS; partition++) {
      const end = await log.endOffset(topic, partition);
      if (end > 0) topics.push({ topic, partition, records: (await log.read(topic, partition, 0, end)).map(({ bytes }) => bytes) });
    }
  }
  await close();
  return topics;
}

async function write(): Promise<void> {
  const folder = join(GOLDEN, PREFIX + VERSION);
  if (existsSync(folder) && !process.argv.includes('--again'))
    throw new Error(`${folder} is there, and stays as it is once it is released`);
  const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-golden-'));
  try {
    const facts = await writeHistory(dataDir);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, 'topics'), { recursive: true });
    writeFileSync(join(folder, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`);
    for (const file of DATA_FILES) writeFileSync(join(folder, `${file}.gz`), gzipSync(readFileSync(join(dataDir, file)), { level: 9 }));
    for (const { topic, partition, records } of await readTopics(dataDir)) {
      writeFileSync(join(folder, 'topics', `${topic}-${partition}.bin.gz`), gzipSync(framed(records), { level: 9 }));
      console.log(`${topic}/${partition}: ${records.length} records`);
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) await write();
