/** The rule that notices a database which is not the one that was written last. */
import { describe, expect, test } from 'vitest';
import {
  judgeLifeOpened,
  judgeLineage,
  judgeOpsLogged,
  type LoggedLineage,
  lineageError,
  mayAcknowledge,
  NO_LIFE,
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
