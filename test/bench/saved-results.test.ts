/** Results that are kept, and the page that shows all of them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { benchCommand } from '../../bench/main.ts';
import { ResultsFile, type SavedResults } from '../../bench/saved-results.ts';
import { benchmarksReference, WHY_UNKNOWN } from '../../scripts/benchmarks-reference.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seqcast-results-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const result = { value: 1_500, unit: 'values/s', baseline: 1_000, ratio: 1.5 };

describe('results that are kept', () => {
  it('say by what and on what they were measured, and what was left out; the page shows them first, and what missed its bar before all', () => {
    const file = new ResultsFile(join(folder, 'all.json'), 'all');
    file.add([{ name: 'fast', ...result, target: '>= 1 x', kept: true }]);
    file.add([{ name: 'slow', ...result, ratio: 0.5, target: '>= 1 x', kept: false, note: 'a | b' }]);
    file.leaveOut('soak', 'it takes long');
    const saved = JSON.parse(readFileSync(join(folder, 'all.json'), 'utf8')) as SavedResults;
    expect(saved).toMatchObject({ command: 'seqcast bench all', leftOut: ['soak: it takes long'] });
    expect(saved.results.map(({ name }) => name)).toEqual(['fast', 'slow']);
    expect(saved.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(saved.machine.cores).toBeGreaterThan(0);

    writeFileSync(join(folder, 'aged.json'), JSON.stringify({ command: 'seqcast bench aged', seconds: 4.3, ok: true }));
    const page = benchmarksReference(folder);
    expect([...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(['Missed', 'all', 'aged']);
    expect(page).toContain('**1 of 2 bars kept.**');
    expect(page).toContain('| slow | 1,500 values/s | 1,000 | 0.50 x | >= 1 x | **missed** | a \\| b |');
    expect(page).toContain(`| slow (all) | 1,500 values/s | 1,000 | 0.50 x | >= 1 x | **missed** | ${WHY_UNKNOWN} |`);
    expect(page).toContain('- soak: it takes long');
    expect(page).toContain('`seqcast bench aged`; commit not noted; date not noted.');
    expect(page).toContain('| seconds | 4.30 |');
  });

  it('say why, wherever one missed its bar', () => {
    expect(benchmarksReference()).not.toContain(WHY_UNKNOWN);
  });

  it('are not begun for a bench that there is not', async () => {
    const out: string[] = [];
    const command = { name: 'nothing', json: false, out: (line: string) => void out.push(line), progress: () => undefined };
    expect(await benchCommand({ ...command, save: join(folder, 'nothing.json') })).toBe(2);
    expect(out[0]).toContain('there is no bench nothing; there are: ');
  });
});
