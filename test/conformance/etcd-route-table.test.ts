/** The route table in etcd against its conformance kit. */
import { describe } from 'vitest';
import { type EtcdRouteTable, openEtcdRouteTable } from '../../adapters/etcd/route-table.ts';
import { engineOrSkip } from '../engines/engines.ts';
import type { Harness } from './harness.ts';
import { type RouteTableTraits, routeTableKit } from './route-table-kit.ts';

const etcd = engineOrSkip('etcd');

describe.runIf(etcd.available)('the route table in etcd', () => {
  const { harness, traits } = etcdRoutes(etcd.url);
  routeTableKit(harness, traits);
});

/** Every table has a prefix of its own, and its keys go with it. */
function etcdRoutes(url: string): { readonly harness: Harness<EtcdRouteTable>; readonly traits: RouteTableTraits<EtcdRouteTable> } {
  const prefixes = new Map<object, string>();

  async function openWith(prefix: string): Promise<EtcdRouteTable> {
    const routes = await openEtcdRouteTable({ url, prefix });
    prefixes.set(routes, prefix);
    return routes;
  }

  const harness: Harness<EtcdRouteTable> = {
    open: () => openWith(`test-${process.pid}-${Math.random().toString(36).slice(2)}/`),
    async reopen(current) {
      await current.close();
      return openWith(prefixes.get(current) ?? '');
    },
    async close(current) {
      const prefix = Buffer.from(prefixes.get(current) ?? 'test-nothing/');
      const key = prefix.toString('base64');
      const range_end = Buffer.concat([prefix, Buffer.from([0xff])]).toString('base64');
      await fetch(`${url}/v3/kv/deleterange`, { method: 'POST', body: JSON.stringify({ key, range_end }) });
      await current.close();
    },
  };
  return { harness, traits: { beside: (current) => openWith(prefixes.get(current) ?? '') } };
}
