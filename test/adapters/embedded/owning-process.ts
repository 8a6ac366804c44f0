/**
 * A process that owns a data directory, started and killed by the tests. `hold` only opens it; `append` appends for ever, from several
 * hands at once, and prints what was acknowledged; `fill` does so until an append fails, and prints how.
 */
import { writeSync } from 'node:fs';
import { type EmbeddedStorage, openEmbeddedStorage } from '../../../adapters/embedded/storage.ts';

const [dataDir = '', work] = process.argv.slice(2);
const HANDS = 8;

/** Written at once: a line in a buffer would die with the process although its append was acknowledged. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}

async function open(): Promise<EmbeddedStorage> {
  try {
    return await openEmbeddedStorage({ dataDir, onFailure: (error) => print(`failure ${error.code}`) });
  } catch (error) {
    print(`refused ${(error as { code?: string }).code}`);
    process.exit(1);
  }
}

const storage = await open();
print(`owner ${process.pid}`);

async function append(hand: number): Promise<void> {
  for (let count = 0; ; count++) {
    const name = `${hand}.${count}`;
    const records = ['a', 'b', 'c'].map((part) => new TextEncoder().encode(`${name}${part}${'.'.repeat((count * 7) % 300)}`));
    const first = await storage.log.append({ topic: 'seqcast.shards', partition: hand % 2, records });
    print(`ack ${hand % 2} ${first} ${name}`);
  }
}

async function appendUntilItFails(hand: number): Promise<void> {
  try {
    await append(hand);
  } catch (error) {
    print(`rejected ${(error as { code?: string }).code}`);
  }
}

if (work === 'hold') setInterval(() => undefined, 1_000);
if (work === 'append') await Promise.all(Array.from({ length: HANDS }, (_, hand) => append(hand)));
if (work === 'fill') {
  await Promise.all(Array.from({ length: HANDS }, (_, hand) => appendUntilItFails(hand)));
  await storage.close();
  print('closed');
}
