/**
 * A Redis Cluster as pools: every primary has a library, a life and a stock of its own, so that the loss of one fences none of the
 * others. A stream's stock belongs to the primary that owns the slot of its key; the key is `{STREAM}:stock`, so the stream alone decides.
 */
import { Redis } from 'ioredis';
import { redisAddress, redisUnreachable } from '../redis-server/address.ts';
import { openConnection } from '../redis-server/connection.ts';
import { openRedisStock, type RedisStock, type RedisStockOptions } from './stock.ts';

const SLOTS = 16_384;
/** A look at the slots is one command. */
const LOOK_TIMEOUT_MS = 3_000;

export type RedisClusterOptions = Omit<RedisStockOptions, 'sentinels' | 'isClusterNode'>;

export interface ClusterPrimary {
  /** Id of the node in the Cluster: it keeps it for life. */
  readonly name: string;
  readonly stock: RedisStock;
}

export interface RedisCluster {
  readonly primaries: readonly ClusterPrimary[];
  /** Index of the primary that owns the stream's slot; -1 where none does. */
  streamPrimary(stream: string): number;
  close(): Promise<void>;
}

interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly node: { readonly host: string; readonly port: number; readonly id: string };
}

/**
 * Opens the stock of every primary, as the server of the URL knows them now; its user and password count for all. After a fail-over or
 * a move of slots it is to be opened again: what the former owner holds is revoked there and returned like that of any pool.
 */
export async function openRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const ranges = await slotRanges(options);
  const nodes = [...new Map(ranges.map(({ node }) => [node.id, node])).values()];
  const opening = await Promise.allSettled(
    nodes.map(({ host, port }) => openRedisStock({ ...options, url: urlOf(options.url, host, port), isClusterNode: true })),
  );
  const stocks = opening.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(stocks.map((stock) => stock.close()));
  };
  const failed = opening.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  const indexes = nodes.map(({ id }) => id);
  return {
    primaries: stocks.map((stock, index) => ({ name: indexes[index] ?? '', stock })),
    streamPrimary(stream) {
      const slot = slotOf(stream);
      const owner = ranges.find(({ from, to }) => from <= slot && slot <= to)?.node.id;
      return owner === undefined ? -1 : indexes.indexOf(owner);
    },
    close,
  };
}

async function slotRanges({ url, caFile }: RedisClusterOptions): Promise<SlotRange[]> {
  const address = redisAddress(url, caFile);
  const connection = await openConnection(address, LOOK_TIMEOUT_MS, (caller) => new Redis(caller));
  try {
    const rows = await connection.cluster('SLOTS');
    // A server that knows no name of its own says none.
    return rows.flatMap(([from, to, primary]) => {
      if (primary === undefined) return [];
      const [host, port, id] = primary;
      return [{ from, to, node: { host: host === '' ? address.host : host, port, id } }];
    });
  } catch (error) {
    throw redisUnreachable(address.shown, error);
  } finally {
    connection.disconnect();
  }
}

function urlOf(like: string, host: string, port: number): string {
  const url = new URL(like);
  url.hostname = host.includes(':') ? `[${host}]` : host;
  url.port = String(port);
  return url.href;
}

/** CRC16 (XMODEM) of what stands between the braces of the key, as Redis Cluster has it. */
function slotOf(stream: string): number {
  let crc = 0;
  for (const byte of Buffer.from(stream)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc % SLOTS;
}
