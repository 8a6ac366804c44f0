/** Ledgers of every level fold alike for ever: same verdicts, same state, byte for byte. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foldGolden, type GoldenFold } from '../../scripts/golden-fold.ts';
import { goldenFolder, goldenLevels, readGolden } from '../../scripts/golden-ledger.ts';

describe('the golden ledger', () => {
  test.each(goldenLevels())('of level %i folds to the states it always folded to', (level) => {
    const folder = goldenFolder(level);
    const names = readdirSync(folder)
      .filter((file) => file.endsWith('.bin'))
      .map((file) => file.slice(0, -'.bin'.length));
    const expected = JSON.parse(readFileSync(join(folder, 'folds.json'), 'utf8')) as Record<string, GoldenFold>;
    expect(foldGolden(names, (name) => readGolden(level, name))).toEqual(expected);
    for (const fold of Object.values(expected)) expect(Object.keys(fold.verdicts).length).toBeGreaterThan(3);
  });
});
