/** What was acknowledged survives `kill -9`, checked from outside: by what the killed process had printed. */
import { describe, expect, test } from 'vitest';
import { newDataDir, type Owner, opened, show, startOwner } from './data-dirs.ts';

interface Acknowledged {
  readonly partition: number;
  readonly first: number;
  readonly name: string;
}

describe('a process killed with SIGKILL while it appends', () => {
  test('loses nothing it has acknowledged, and leaves no append half done, however often', async () => {
    const dataDir = newDataDir();
    const acknowledged: Acknowledged[] = [];
    for (let life = 0; life < 3; life++) {
      const owner = startOwner(dataDir, 'append');
      await owner.firstLine();
      await enough(owner, 300 + 200 * life);
      await owner.kill9();
      acknowledged.push(...acknowledgements(owner));

      const storage = await opened({ dataDir });
      for (const partition of [0, 1]) {
        const entries = await storage.log.read('seqcast.shards', partition, 0, 1_000_000);
        expect(entries.map((entry) => entry.offset)).toEqual(entries.map((_, index) => index));
        // Every append holds three records, a, b and c of one name: all of them are there, together.
        expect(entries.length % 3).toBe(0);
        const names = entries.map((entry) => show(entry.bytes).replace(/\.+$/, ''));
        for (let at = 0; at < names.length; at += 3) {
          const name = names[at]?.slice(0, -1);
          expect(names.slice(at, at + 3)).toEqual([`${name}a`, `${name}b`, `${name}c`]);
        }
        for (const each of acknowledged.filter((ack) => ack.partition === partition)) expect(names[each.first]).toBe(`${each.name}a`);
      }
      await storage.close();
    }
    expect(acknowledged.length).toBeGreaterThan(1_000);
  }, 60_000);
});

function acknowledgements(owner: Owner): Acknowledged[] {
  return owner.lines.flatMap((line) => {
    const [, partition, first, name] = /^ack (\d+) (\d+) (\S+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ partition: Number(partition), first: Number(first), name }];
  });
}

async function enough(owner: Owner, lines: number): Promise<void> {
  while (owner.lines.length < lines) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
