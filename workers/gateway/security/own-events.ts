/** Events as a tenant may hear them: those of its own sequences. Its streams come without the totals of everybody. */

import { sequenceOfStream } from '../../../core/stream.ts';
import type { NumberedEvent } from '../../runtime/live/live-feed.ts';

export function ownEvents(handler: (event: NumberedEvent) => void, sees: (sequence: string) => boolean): (event: NumberedEvent) => void {
  const seesStream = (stream: string): boolean => sees(sequenceOfStream(stream));
  return (numbered) => {
    const { id, event } = numbered;
    switch (event.kind) {
      case 'allocation':
        if (seesStream(event.allocation.stream)) handler(numbered);
        break;
      case 'sequence':
        if (sees(event.sequence)) handler(numbered);
        break;
      case 'streams': {
        const streams = event.streams.filter(({ stream }) => seesStream(stream));
        const sum = (of: (row: (typeof streams)[number]) => number): number => streams.reduce((total, row) => total + of(row), 0);
        const totals = {
          streams: streams.length,
          stock: sum((row) => row.stock),
          issued: sum((row) => row.issuedTotal),
          requests: sum((row) => row.requestsTotal),
          stalls: sum((row) => row.stallsTotal),
        };
        handler({ id, event: { ...event, streams, totals } });
        break;
      }
      case 'pool-lost':
        break;
      default:
        if (seesStream(event.stream)) handler(numbered);
    }
  };
}
