/** API keys in a data directory whose server is stopped: how the first one is made before a server listens to others. */
import { openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import { parseQuota } from '../core/access/quota.ts';
import { parseScope } from '../core/access/scope.ts';
import { SequenceError } from '../core/errors.ts';
import { KeyBook, type KeyView } from '../workers/gateway/security/key-book.ts';

export interface StoppedKeys {
  create(asked: {
    readonly name: string;
    readonly scopes: readonly string[];
    readonly quotas: readonly string[];
  }): Promise<{ readonly token: string; readonly key: KeyView }>;
  list(): readonly KeyView[];
  /** Throws `SEQ_UNKNOWN_KEY`. */
  revoke(key: string): Promise<void>;
}

/** As `seqcast up` makes a new directory. */
const PARTITIONS = 4;
const CREATED_BY = 'data-directory';

export async function withStoppedKeys<T>(dataDir: string, act: (keys: StoppedKeys) => Promise<T>): Promise<T> {
  // Whatever fails here also rejects the call that met it; there is no server to stop.
  const storage = await openEmbeddedStorage({ dataDir, partitionCount: PARTITIONS, onFailure: () => undefined });
  const book = new KeyBook(storage.routes, () => Date.now());
  try {
    await book.start();
    return await act({
      create: async ({ name, scopes, quotas }) =>
        book.create({ name, scopes: scopes.map(parseScope), quotas: quotas.map(parseQuota), createdBy: CREATED_BY }),
      list: () => book.list(),
      async revoke(key) {
        if ((await book.revoke(key)) === undefined)
          throw new SequenceError('SEQ_UNKNOWN_KEY', `there is no API key ${JSON.stringify(key)}`);
      },
    });
  } finally {
    await book.close();
    await storage.close();
  }
}
