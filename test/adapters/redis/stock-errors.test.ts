/** What a Redis answers instead of serving, in the words that callers of the stock know. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRedisStock } from '../../../adapters/redis/stock.ts';
import { commandError } from '../../../adapters/redis/stock-errors.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { ownRedis } from '../bullmq/own-redis.ts';

const redis = engineOrSkip('redis');
const SHOWN = 'redis://pool:6379';

describe('an error of a command', () => {
  test.each([
    ['LOADING Redis is loading the dataset in memory', 'SEQ_ENGINE_AWAY', 'loading'],
    ["READONLY You can't write against a read only replica.", 'SEQ_ENGINE_AWAY', 'replica'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'SEQ_ENGINE_AWAY', 'memory'],
    ['MISCONF Redis is configured to save RDB snapshots', 'SEQ_ENGINE_AWAY', 'disk'],
    ['NOREPLICAS Not enough good replicas to write.', 'SEQ_ENGINE_AWAY', 'replicas'],
    ['BUSY Redis is busy running a script.', 'SEQ_ENGINE_AWAY', 'busy'],
    ['MOVED 3999 127.0.0.1:6381', 'SEQ_ENGINE_AWAY', 'slot'],
    ['CLUSTERDOWN The cluster is down', 'SEQ_ENGINE_AWAY', 'slot'],
    ['Reached the max retries per request limit (which is 0).', 'SEQ_ENGINE_AWAY', undefined],
    ['Command timed out', 'SEQ_ENGINE_AWAY', undefined],
    ['NOAUTH Authentication required.', 'SEQ_ENGINE_UNREACHABLE', undefined],
    ["NOPERM this user has no permissions to run the 'fcall' command", 'SEQ_ENGINE_UNREACHABLE', undefined],
    ["ERR unknown command 'FCALL', with args beginning with:", 'SEQ_ENGINE_UNUSABLE', undefined],
    ['ERR user_function:7: boom script: seqcast_next', 'SEQ_INTERNAL', undefined],
    ['SEQ_INVALID_COUNT the count is not a whole number', 'SEQ_INVALID_COUNT', undefined],
    ['SEQ_OF_ANOTHER_VERSION what it says', 'SEQ_ENGINE_AWAY', undefined],
  ])('%s', (text, code, reason) => {
    const error = commandError(SHOWN, new Error(text));
    expect(error.code).toBe(code);
    expect(error.details.reason).toBe(reason);
  });

  test.skipIf(!redis.available)('of a server that wants replicas passes when it no longer does', async () => {
    const own = await ownRedis();
    const stock = await openRedisStock({ url: own.url });
    onTestFinished(() => stock.close());
    const life = await stock.hello();
    await own.cli('CONFIG', 'SET', 'min-replicas-to-write', '1');
    await expect(stock.hello()).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY', details: { reason: 'replicas' } });
    await own.cli('CONFIG', 'SET', 'min-replicas-to-write', '0');
    expect(await stock.hello()).toBe(life);
  });
});
