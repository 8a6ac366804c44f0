import { describe, expect, test } from 'vitest';
import type { Declarations } from '../../cli/restore/declarations.ts';
import type { DirectoryFacts, SequenceFacts, SeriesFacts } from '../../cli/restore/directory-facts.ts';
import { restorePlan } from '../../cli/restore/restore-plan.ts';
import { capacityOf, defineSequence, type SequenceAttributes, valueAt } from '../../core/sequence.ts';

function sequence(attributes: SequenceAttributes, next: number, series?: SeriesFacts): SequenceFacts {
  const definition = defineSequence(attributes);
  const generation = { id: 5, name: 'x', definition, capacity: capacityOf(definition), next, partitions: new Set([0]) };
  return { generation, reached: new Map([[5, valueAt(definition, next)]]), ...(series !== undefined && { series }) };
}

function directory(facts: SequenceFacts, logId = 'log'): DirectoryFacts {
  return { logId, isKeptElsewhere: false, sequences: new Map([['x', facts]]) };
}

function plan(here: SequenceFacts, more: { issued?: bigint; confirmed?: bigint; copy?: DirectoryFacts } = {}) {
  const said = (upTo: bigint | undefined): Declarations => new Map(upTo === undefined ? [] : [['x', { upTo }]]);
  const { issued, confirmed, copy } = more;
  return restorePlan({ here: directory(here), copy, issued: said(issued), confirmed: said(confirmed), isNothingSince: false });
}

describe('a restored sequence goes on', () => {
  test.each([
    ['behind what was declared', {}, 100, 5_000n, 5_001n],
    ['behind what is claimed, where that is further', {}, 100, 7n, 101n],
    ['on its own steps', { start: 1n, increment: 10n }, 2, 35n, 41n],
    ['downwards, where it counts down', { start: -1n, increment: -5n }, 2, -33n, -36n],
    ['at its least value, where it begins again', { min: 1n, max: 100n, cycle: true }, 50, 100n, 1n],
  ])('%s', (_, attributes, next, issued, start) => {
    expect(plan(sequence(attributes, next), { issued })).toEqual({
      steps: [{ kind: 'skip', sequence: 'x', claimed: next, start }],
      problems: [],
    });
  });

  test('behind the furthest generation of another copy of it', () => {
    const there = {
      ...sequence({}, 50),
      reached: new Map([
        [5, 900n],
        [9, 51n],
        [1, 7_777n],
      ]),
    };
    expect(plan(sequence({}, 100), { copy: directory(there) }).steps).toMatchObject([{ start: 900n }]);
  });

  test('not at all where nothing is left, nothing is said, or the other directory is another one', () => {
    expect(plan(sequence({ max: 10n }, 3), { issued: 10n }).problems.join()).toContain('no value is left');
    expect(plan(sequence({}, 3)).problems.join()).toContain('say how far');
    expect(plan(sequence({}, 3), { copy: directory(sequence({}, 3), 'another') }).problems.join()).toContain('no copy');
    expect(plan(sequence({}, 3), { confirmed: 3n }).problems.join()).toContain('not gapless');
  });
});

test('numbers that are not in use are given out again, those in use are not, and what was only reserved elsewhere is in doubt', () => {
  const held = (start: number, end: number, isReserved: boolean) => ({ start, end, reservation: `${start}`, isReserved });
  // Here 1, 2 and 5 are confirmed, 3 is held, 4 was given up; there 3 to 7 are confirmed, but for 6, which is held, and 4.
  const here = sequence({ guarantee: 'gapless' }, 64, { next: 5, unconfirmed: [held(2, 3, true), held(3, 4, false)] });
  const there = sequence({ guarantee: 'gapless' }, 64, { next: 8, unconfirmed: [held(3, 4, false), held(5, 6, true), held(7, 8, false)] });
  expect(plan(here, { copy: directory(there) }).steps).toEqual([
    {
      kind: 'reconcile',
      sequence: 'x',
      cancelled: ['2'],
      runs: [
        { start: 2, end: 3, isConfirmed: true },
        { start: 3, end: 4, isConfirmed: false },
        { start: 5, end: 7, isConfirmed: true },
      ],
      confirms: 3,
      givesAgain: 1,
      inDoubt: [{ first: 6n, last: 6n }],
      goesOnAt: 8n,
    },
  ]);
});
