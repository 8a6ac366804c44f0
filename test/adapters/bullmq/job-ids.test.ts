/** Ids on their way to BullMQ and back. */
import { describe, expect, test } from 'vitest';
import { bullId, ourId } from '../../../adapters/bullmq/job-ids.ts';

describe('the id of a job', () => {
  test.each(['1', '-7', 'rollup:orders:2026-11-25', 'a/b@c', '100%', '%3A', 'j-1', '~!*()\'"', 'repeat:x:1'])(
    '%s comes back as it went',
    (id) => {
      expect(ourId(bullId(id))).toBe(id);
    },
  );

  test('is never one that BullMQ refuses or gives itself', () => {
    for (const id of ['1', 'a:b:c', 'repeat:x:1', '0']) expect(bullId(id)).toMatch(/^j-[^:]*$/);
  });

  test('is BullMQ’s own for a job of a schedule', () => {
    expect(bullId('rollup@1764028800000')).toBe('repeat:rollup:1764028800000');
    expect(ourId('repeat:rollup:1764028800000')).toBe('rollup@1764028800000');
  });
});
