import { describe, expect, it } from 'vitest';
import { blockIdOf, readBlockId } from '../../../../workers/runtime/shared/remote-block-id.ts';

describe('the id of a block out of a shared pool', () => {
  it('says everything that giving back needs', () => {
    const id = blockIdOf('pool-0', 'a1b2', { generation: 4, partition: 1, shard: 7, start: 100, count: 20, block: 3 });
    expect(readBlockId(id)).toEqual({ pool: 'pool-0', incarnation: 'a1b2', block: 3, start: 100, count: 20 });
  });

  it.each(['', 'pool-0', 'pool-0~a1b2.3', 'pool-0~a1b2.0.100.20', 'pool-0~a1b2.3.100.0', 'po ol~a1b2.3.1.2', 7])('is not %s', (id) => {
    expect(() => readBlockId(id)).toThrow(/not the id/);
  });
});
