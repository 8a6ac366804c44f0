/** PostgreSQL, where the numbers without a gap are, and etcd, where the routes are: killed, frozen, behind lines that fail. */
import { type Fault, heldMs } from './fault.ts';
import { disturbed } from './line-faults.ts';

const DOWN_MS_MIN = 300;
const DOWN_MS_MAX = 6_000;

export const DATABASE_FAULTS: readonly Fault[] = [
  {
    name: 'PostgreSQL killed',
    touches: ['postgres'],
    weight: 2,
    async begin({ engines: { postgres } }, dice) {
      await postgres.kill();
      return { target: postgres.name, holdMs: heldMs(dice, DOWN_MS_MIN, DOWN_MS_MAX), heal: () => postgres.start() };
    },
  },
  {
    name: 'line to PostgreSQL',
    touches: ['postgres'],
    weight: 2,
    begin: ({ engines }, dice) => disturbed(engines.postgresLine, 'the numbers', dice),
  },
  {
    name: 'etcd killed',
    touches: ['etcd'],
    weight: 1,
    async begin({ engines: { etcd } }, dice) {
      await etcd.kill();
      return { target: etcd.name, holdMs: heldMs(dice, DOWN_MS_MIN, DOWN_MS_MAX), heal: () => etcd.start() };
    },
  },
  {
    name: 'etcd frozen',
    touches: ['etcd'],
    weight: 1,
    async begin({ engines: { etcd } }, dice) {
      await etcd.freeze();
      return { target: etcd.name, holdMs: heldMs(dice, DOWN_MS_MIN, DOWN_MS_MAX), heal: () => etcd.thaw() };
    },
  },
];
