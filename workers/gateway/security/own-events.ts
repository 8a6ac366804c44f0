/** Events as a tenant may hear them: those of its own sequences. Its streams come without the totals of everybody. */

import { sequenceOfStream } from '../../../core/stream.ts';
import { type NumberedEvent, totalsOf } from '../../runtime/live/live-feed.ts';
import type { StreamStatus } from '../../runtime/service/stream-status.ts';

/** `seen`: all streams as of the newest look, since one that did not move is not told of and counts all the same. */
export function ownEvents(
  handler: (event: NumberedEvent) => void,
  sees: (sequence: string) => boolean,
  seen: () => Iterable<StreamStatus>,
): (event: NumberedEvent) => void {
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
        const own = [...seen()].filter(({ stream }) => seesStream(stream));
        handler({ id, event: { ...event, streams, totals: totalsOf(own) } });
        break;
      }
      case 'pool-lost':
        break;
      default:
        if (seesStream(event.stream)) handler(numbered);
    }
  };
}
