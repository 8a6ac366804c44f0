/** Hashes remembered are the hashes computed. */
import { expect, test } from 'vitest';
import { payloadHashOf } from '../../../../workers/runtime/ledger/answer-once.ts';
import { PayloadHashes } from '../../../../workers/runtime/shared/payload-hashes.ts';

test('a hash is the same whether it is remembered or not, however many others were asked for', () => {
  const hashes = new PayloadHashes();
  for (let round = 0; round < 2; round++) {
    for (let count = 1; count <= 1_500; count++)
      expect(hashes.of('orders//web/checkout', count)).toBe(payloadHashOf('orders//web/checkout', count));
  }
});

test('callers and counts that look alike in a row have hashes of their own', () => {
  const hashes = new PayloadHashes();
  const all = [hashes.of('orders/1', 1), hashes.of('orders/', 11), hashes.of('1 orders/', 1), hashes.of('orders/1', 11)];
  expect(new Set(all).size).toBe(4);
});
