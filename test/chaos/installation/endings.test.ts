import { expect, test } from 'vitest';
import { Endings } from './endings.ts';

test('whoever asks again while things are ended waits until all are', async () => {
  const endings = new Endings();
  const ended: string[] = [];
  for (const name of ['broker', 'worker']) {
    endings.add(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      ended.push(name);
    });
  }
  void endings.end();
  await endings.end();
  expect(ended).toEqual(['worker', 'broker']);
});

test('what cannot be ended is said, and leaves nothing else running', async () => {
  const endings = new Endings();
  const ended: string[] = [];
  endings.add(async () => void ended.push('broker'));
  endings.add(async () => {
    throw new Error('it does not end');
  });
  await expect(endings.end()).rejects.toThrow('it does not end');
  await endings.end();
  expect(ended).toEqual(['broker']);
});
