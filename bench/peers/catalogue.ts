/** Who is compared, in the order of the tables. */
import { HI_LO, LEAF_RULE, REDIS_BLOCKS } from './block-peers.ts';
import { SNOWFLAKE, UUID_V7 } from './clock-peers.ts';
import { mariadbSequence } from './mariadb-peers.ts';
import type { Peer } from './peer.ts';
import { POSTGRES_COUNTER_ROW, postgresSequence } from './postgres-peers.ts';
import { REDIS_INCR, REDIS_INCR_IN_MEMORY } from './redis-peers.ts';
import { SEQCAST_PEERS } from './seqcast-peers.ts';

const POSTGRES_CACHES = [1, 50, 1_000];

export const PEERS: readonly Peer[] = [
  ...POSTGRES_CACHES.map(postgresSequence),
  REDIS_INCR,
  REDIS_INCR_IN_MEMORY,
  mariadbSequence(1_000),
  mariadbSequence('none'),
  POSTGRES_COUNTER_ROW,
  REDIS_BLOCKS,
  HI_LO,
  LEAF_RULE,
  SNOWFLAKE,
  UUID_V7,
  ...SEQCAST_PEERS,
];
