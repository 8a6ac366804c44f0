/** The rule that notices a database which is not the one that was written last. */
import { describe, expect, test } from 'vitest';
import {
  checkNewLife,
  checkWriter,
  type DatabaseLineage,
  judgeLifeOpened,
  judgeLineage,
  judgeOpsLogged,
  type LoggedLineage,
  lineageError,
  mayAcknowledge,
  NO_LIFE,
  type Writer,
} from '../../../core/reservation/lineage.ts';

const logged: LoggedLineage = { life: 'b', ops: 100 };

describe('a database', () => {
  test('may serve where it has recorded the life that the log names, and every change it counts', () => {
    expect(judgeLineage({ lives: ['a', 'b'], ops: 100 }, logged)).toBe('may-serve');
    // A life that was recorded and never reached the log changes nothing.
    expect(judgeLineage({ lives: ['a', 'b', 'c'], ops: 120 }, logged)).toBe('may-serve');
  });

  test('may not where its standby lagged, or it was restored: changes are missing', () => {
    expect(judgeLineage({ lives: ['a', 'b'], ops: 99 }, logged)).toBe('changes-missing');
  });

  test('may not where it is a copy or an old primary, however many changes it has: the life is missing', () => {
    expect(judgeLineage({ lives: ['a'], ops: 1_000 }, logged)).toBe('life-not-recorded');
  });

  test('may not join a log that knows of no life, once it has given something out', () => {
    expect(judgeLineage({ lives: [], ops: 0 }, NO_LIFE)).toBe('may-serve');
    expect(judgeLineage({ lives: ['a'], ops: 0 }, NO_LIFE)).toBe('may-serve');
    expect(judgeLineage({ lives: ['a'], ops: 1 }, NO_LIFE)).toBe('life-not-recorded');
  });

  test('that may not serve is told apart in words, with what to look at', () => {
    const database = { lives: ['a'], ops: 99 };
    const error = lineageError('changes-missing', database, logged);
    expect(error).toMatchObject({ code: 'SEQ_LINEAGE_BROKEN', retriable: false });
    expect(error.message).toMatch(/99 changes, 100 were acknowledged/);
    expect(error.details).toEqual({ verdict: 'changes-missing', databaseOps: 99, loggedOps: 100, loggedLife: 'b', writingLife: 'a' });
    expect(lineageError('life-not-recorded', database, logged).message).toMatch(/never recorded the life b/);
    expect(lineageError('life-not-recorded', database, NO_LIFE).message).toMatch(/never recorded the life \(none\)/);
  });
});

describe('a database that is written', () => {
  const database: DatabaseLineage = { lives: ['a', 'b'], ops: 5 };

  test('records each life once, by a name that a life may have', () => {
    expect(() => checkNewLife(['a'], 'b')).not.toThrow();
    const again = { code: 'SEQ_CONFLICT', message: 'the life a was recorded before', details: { life: 'a' } };
    expect(() => checkNewLife(['a', 'b'], 'a')).toThrow(expect.objectContaining(again));
    expect(() => checkNewLife([], 'no life')).toThrow(expect.objectContaining({ code: 'SEQ_INVALID_REQUEST', details: { field: 'life' } }));
  });

  test('lets its last life write, as long as it has every change that this one has seen', () => {
    for (const ops of [0, 4, 5]) expect(() => checkWriter(database, { life: 'b', ops })).not.toThrow();
  });

  test.each<[DatabaseLineage, Writer, string]>([
    [database, { life: 'b', ops: 6 }, 'written by the life b and has 5 changes; b has seen 6'],
    [database, { life: 'a', ops: 1 }, 'written by the life b and has 5 changes; a has seen 1'],
    [{ lives: [], ops: 0 }, { life: 'a', ops: 0 }, 'written by the life (none) and has 0 changes; a has seen 0'],
  ])('fences everybody else, and says who writes: case %#', (known, writer, message) => {
    const fenced = { code: 'SEQ_FENCED', message: `the database is ${message}` };
    const details = { life: writer.life, writingLife: known.lives.at(-1) };
    expect(() => checkWriter(known, writer)).toThrow(expect.objectContaining({ ...fenced, details }));
  });
});

describe('the log', () => {
  test('accepts a life only after the one it names as its former, with no fewer changes', () => {
    expect(judgeLifeOpened(NO_LIFE, { life: 'a', previous: undefined, ops: 0 })).toEqual({ life: 'a', ops: 0 });
    expect(judgeLifeOpened(logged, { life: 'c', previous: 'b', ops: 100 })).toEqual({ life: 'c', ops: 100 });
    expect(judgeLifeOpened(logged, { life: 'c', previous: 'a', ops: 100 })).toBeUndefined();
    expect(judgeLifeOpened(logged, { life: 'c', previous: undefined, ops: 100 })).toBeUndefined();
    expect(judgeLifeOpened(logged, { life: 'c', previous: 'b', ops: 99 })).toBeUndefined();
    expect(judgeLifeOpened(logged, { life: 'b', previous: 'b', ops: 100 })).toBeUndefined();
  });

  test('accepts a count of its current life only, and none that goes back', () => {
    expect(judgeOpsLogged(logged, { life: 'b', ops: 101 })).toEqual({ life: 'b', ops: 101 });
    expect(judgeOpsLogged(logged, { life: 'b', ops: 100 })).toEqual(logged);
    expect(judgeOpsLogged(logged, { life: 'b', ops: 99 })).toBeUndefined();
    expect(judgeOpsLogged(logged, { life: 'a', ops: 101 })).toBeUndefined();
  });

  test('lets a group be acknowledged once its count was accepted, and only to the life that writes', () => {
    expect(mayAcknowledge(logged, 'b', 100)).toBe(true);
    expect(mayAcknowledge(logged, 'b', 101)).toBe(false);
    expect(mayAcknowledge(logged, 'a', 1)).toBe(false);
  });
});
