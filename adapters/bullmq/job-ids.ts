/**
 * Our ids as BullMQ's and back. BullMQ refuses whole numbers and colons in ids that it is given, and makes ids of its own for scheduled
 * jobs: `repeat:{name}:{start of the interval}`.
 */
import { scheduledId, scheduleOf } from '../job-rules.ts';

const OURS = 'j-';

export function bullId(id: string): string {
  const schedule = scheduleOf(id);
  return schedule === undefined ? `${OURS}${encodeURIComponent(id)}` : `repeat:${schedule.name}:${schedule.atMs}`;
}

export function ourId(id: string): string {
  if (id.startsWith(OURS)) return decodeURIComponent(id.slice(OURS.length));
  const [, name, atMs] = /^repeat:([^:]+):(\d+)$/.exec(id) ?? [];
  // An id that is neither was added by somebody else: shown as it is.
  return name === undefined ? id : scheduledId(name, Number(atMs));
}
