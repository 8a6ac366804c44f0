/** Every file says first what it is for, and a stage says it in six lines that can be compared with those of any other stage. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../../scripts/source-files.ts';

const STAGES = ['consumption', 'forecast', 'allocation', 'filling', 'analytics'].map((stage) => `pipelines/${stage}.ts`);
const SIX_LINES = ['Consumes', 'Produces', 'State', 'Guarantee', 'On failure', 'Metrics'];

function firstLines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .replace(/^#!.*\n/, '')
    .split('\n');
}

describe('the head of a file', () => {
  it('is a comment that says what the file is for', () => {
    expect(sourceFiles().filter((file) => !/^(\/\*\*|\/\/|--)/.test(firstLines(file)[0] ?? ''))).toEqual([]);
  });

  it.each(STAGES.filter((stage) => existsSync(stage)))('has the six lines of a stage: %s', (stage) => {
    const [opening, ...lines] = firstLines(stage);
    expect(opening).toBe('/**');
    const words = lines.slice(0, SIX_LINES.length).map((line) => SIX_LINES.find((word) => line.startsWith(` * ${word} `)) ?? line);
    expect(words).toEqual(SIX_LINES);
  });
});
