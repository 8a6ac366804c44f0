/** Where a pool stands that is a primary of a Redis Cluster: it serves the streams of its slots, and no others. */
import type { SlotRange } from '../../../core/placement/slots.ts';
import { slotsSaid } from '../../../core/placement/slots.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';

export interface ClusterHome {
  /** The name that all pools of the Cluster begin with. */
  readonly cluster: string;
  /** As the server said last. */
  slots: readonly SlotRange[];
}

export function saidHome(home: ClusterHome | undefined): Pick<MemberEvent, 'cluster' | 'slots'> {
  return { cluster: home?.cluster ?? '', slots: slotsSaid(home?.slots ?? []) };
}
