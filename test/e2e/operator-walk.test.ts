/** The operator's walk of docs/guides/walks.md, on real engines: a stack, processes that are killed, a pool that is drained, an audit. */
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KAFKA_VERSION } from '../../cli/stack/kafka-jars.ts';
import { engineOrSkip } from '../engines/engines.ts';
import { JAR_DIRECTORY } from '../engines/run-directory.ts';
import { emptyDirectory, ended, walked } from '../examples/walking.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available;
const TIMEOUT_MS = 150_000;

describe.skipIf(!available)('the walk of the operator (needs Kafka, Redis)', () => {
  test('kills a master and a filler, drains a pool, and finds every value accounted for', { timeout: TIMEOUT_MS }, async () => {
    const directory = emptyDirectory();
    chmodSync(directory, 0o755);
    // Kafka's jars as this run has them already.
    mkdirSync(join(directory, '.seqcast-stack'));
    symlinkSync(join(JAR_DIRECTORY, `kafka-${KAFKA_VERSION}`), join(directory, '.seqcast-stack', `kafka-${KAFKA_VERSION}`));
    onTestFinished(() => ended(directory, 'stack', 'down', '--delete'), TIMEOUT_MS);
    const said = await walked('operator', directory);
    expect(said).toMatch(/^ +\d+ event: allocation$/m);
    expect(said).toContain('pool pool-0 is drained');
    expect(said).toMatch(/^pool-0 +throughput +drained +0 /m);
    const after = [...said.slice(said.indexOf('pool-0 is drained')).matchAll(/^(\d{4,})$/gm)];
    expect(after).toHaveLength(5);
    expect(said).toContain('0 duplicates in ');
    expect(said).toContain('ok: every claimed value is accounted for');
  });
});
