/** The client's sequence object over the service in this process: the same calls as over HTTP, from blocks at hand. */
import {
  type ClientHooks,
  createSequence,
  type FormattedValue,
  type Reserving,
  type ReturnedBlock,
  type Sequence,
  type SequenceSettings,
} from 'seqcast-client';
import type { NextAnswer, SeqcastService } from './service.ts';

/** Who asks, and how the sequence object waits and what it tells: as `connect` of the client takes it. */
export interface SequenceCaller extends Partial<SequenceSettings>, ClientHooks {
  readonly clientType?: string;
  readonly service?: string;
  readonly clientId?: string;
}

export function inProcessSequence(seqcast: SeqcastService, name: string, given: SequenceCaller): Sequence {
  const { clientId, clientType, service, ...settings } = given;
  const caller = { ...(clientId && { clientId }), ...(clientType && { clientType }), ...(service && { service }) };
  const transport = {
    next: (count: number) => seqcast.next({ sequence: name, count, numbered: true, ...caller }),
    nextFormatted: async (count: number) => formattedOf(await seqcast.next({ sequence: name, count, ...caller })),
    reservations: reservingOf(seqcast, name),
    giveBack: (blocks: readonly ReturnedBlock[]) => giveBackEach(seqcast, name, blocks),
  };
  return createSequence(transport, name, settings);
}

/** As over HTTP: who asks for the first time with a key reserves, who asks again finds. */
function reservingOf(seqcast: SeqcastService, sequence: string): Reserving {
  return {
    async reserve(request) {
      const { id, state, values, formatted = [], expiresAtMs } = await seqcast.reservations().reserve({ sequence, ...request });
      return { id, state, values, formatted, expiresAtMs };
    },
    async confirm(id, by) {
      await seqcast.reservations().confirm({ sequence, id, by });
    },
    async cancel(id, because, by) {
      await seqcast.reservations().cancel({ sequence, id, because, by });
    },
  };
}

function formattedOf({ blocks, printing }: NextAnswer): FormattedValue[] {
  if (printing === undefined) return [];
  return blocks.flatMap(({ start, count, increment }) =>
    Array.from({ length: count }, (_, index) => {
      const value = start + BigInt(index) * increment;
      return { value, formatted: printing.write(value) };
    }),
  );
}

/** A block that is refused (revoked meanwhile) stays issued; the others still come back. */
async function giveBackEach(seqcast: SeqcastService, sequence: string, blocks: readonly ReturnedBlock[]): Promise<number> {
  const settled = await Promise.allSettled(blocks.map(({ id, used }) => seqcast.giveBack({ sequence, id, used })));
  return settled.reduce((sum, each) => sum + (each.status === 'fulfilled' ? each.value.returned : 0), 0);
}
