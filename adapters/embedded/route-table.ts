/** The route table over the storage thread. All writers live in this process, so a watch needs no more than the replies. */
import type { RouteEntry, RouteTable, Subscription } from '../../pipelines/ports.ts';
import type { StorageLink } from './storage-link.ts';

interface Watch {
  readonly prefix: string;
  readonly handler: (key: string, value: string | undefined) => void;
}

export function createRouteTable(link: StorageLink): RouteTable {
  const watches = new Set<Watch>();

  function tell(key: string, value: string | undefined): void {
    for (const watch of [...watches]) {
      if (!watches.has(watch) || !key.startsWith(watch.prefix)) continue;
      try {
        watch.handler(key, value);
      } catch (error) {
        // A handler that throws is a bug of its owner: it surfaces as such, and the other watchers are told nevertheless.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  return {
    async get(key) {
      const found = await link.ask('getRoute', { key });
      return found === undefined ? undefined : { key, value: found.value, version: found.version };
    },
    put: (key, value, ifVersion) =>
      new Promise<RouteEntry | undefined>((resolve, reject) => {
        link.send('putRoute', { key, value, ifVersion }, [], {
          // Told here, not after an await: replies come in the order of the commits, and so must the changes.
          resolve(version) {
            if (version !== undefined) tell(key, value);
            resolve(version === undefined ? undefined : { key, value, version });
          },
          reject,
        });
      }),
    delete: (key) =>
      new Promise<boolean>((resolve, reject) => {
        link.send('deleteRoute', { key }, [], {
          resolve(existed) {
            if (existed) tell(key, undefined);
            resolve(existed);
          },
          reject,
        });
      }),
    list: async (prefix) => [...(await link.ask('listRoutes', { prefix }))],
    watch(prefix, handler): Subscription {
      const watch = { prefix, handler };
      watches.add(watch);
      return {
        close() {
          watches.delete(watch);
          return Promise.resolve();
        },
      };
    },
  };
}
