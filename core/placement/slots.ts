/**
 * The slots of a Redis Cluster: every key lies in one of them, and every primary serves some. What stands in the braces of a key decides,
 * so that of a stream's stock (`{STREAM}:stock`) it is the stream alone. A pool that is in no Cluster has no slots and may serve any stream.
 */

export const SLOTS = 16_384;
/** CRC-16/XMODEM, as Redis Cluster has it. */
const POLYNOMIAL = 0x1021;

/** Both ends belong to it. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
}

const REMAINDERS = Uint16Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 8;
  for (let bit = 0; bit < 8; bit++) remainder = ((remainder << 1) ^ ((remainder & 0x8000) === 0 ? 0 : POLYNOMIAL)) & 0xffff;
  return remainder;
});

/** Slot of the key of a stream's stock. Streams are made of names, and those are ASCII. */
export function slotOf(stream: string): number {
  let crc = 0;
  for (let at = 0; at < stream.length; at++) {
    crc = ((crc << 8) ^ (REMAINDERS[((crc >> 8) ^ stream.charCodeAt(at)) & 0xff] ?? 0)) & 0xffff;
  }
  return crc % SLOTS;
}

/** Whether a pool with these slots may serve the stream; `undefined`: it is in no Cluster. */
export function mayServe(slots: readonly SlotRange[] | undefined, stream: string): boolean {
  if (slots === undefined) return true;
  const slot = slotOf(stream);
  return slots.some(({ from, to }) => from <= slot && slot <= to);
}

/** As pools say them: first and last of each range, in one list. */
export function slotsSaid(slots: readonly SlotRange[]): number[] {
  return slots.flatMap(({ from, to }) => [from, to]);
}

export function slotsHeard(said: readonly number[]): SlotRange[] {
  const slots: SlotRange[] = [];
  for (let at = 0; at + 1 < said.length; at += 2) slots.push({ from: said[at] ?? 0, to: said[at + 1] ?? -1 });
  return slots;
}
