/** The client's sequence object over the service in this process: the same calls as over HTTP, from blocks at hand. */
import { createSequence, type ReturnedBlock, type Sequence, type SequenceSettings } from 'seqcast-client';
import type { SeqcastService } from './service.ts';

export interface SequenceCaller {
  readonly clientType?: string;
  readonly service?: string;
  readonly clientId?: string;
}

export function inProcessSequence(
  seqcast: SeqcastService,
  name: string,
  caller: SequenceCaller,
  settings?: Partial<SequenceSettings>,
): Sequence {
  const transport = {
    next: (count: number) => seqcast.next({ sequence: name, count, numbered: true, ...caller }),
    giveBack: (blocks: readonly ReturnedBlock[]) => giveBackEach(seqcast, name, blocks),
  };
  return createSequence(transport, name, settings);
}

/** A block that is refused (revoked meanwhile) stays issued; the others still come back. */
async function giveBackEach(seqcast: SeqcastService, sequence: string, blocks: readonly ReturnedBlock[]): Promise<number> {
  const settled = await Promise.allSettled(blocks.map(({ id, used }) => seqcast.giveBack({ sequence, id, used })));
  return settled.reduce((sum, each) => sum + (each.status === 'fulfilled' ? each.value.returned : 0), 0);
}
