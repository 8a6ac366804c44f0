/** A stream as it is typed, and where the server tells of it. */
import { SequenceError } from '../core/errors.ts';
import { parseStreamId, streamId } from '../core/stream.ts';
import { path } from './server-call.ts';

export const STREAM_ARGUMENT = 'sequence/client-type/service, as in `seqcast status`';

export function streamPath(stream: string, what: 'explain' | 'what-if'): string {
  const { sequence, clientType, service } = parseStreamId(stream);
  if (streamId({ sequence, clientType, service }) !== stream)
    throw new SequenceError('SEQ_UNKNOWN_STREAM', `${stream} is not a stream: write sequence/client-type/service`);
  return `${path`/v1/streams/${sequence}/${clientType}/${service}`}/${what}`;
}
