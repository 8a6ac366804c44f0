/** What a command of the stock can fail of, in the words that callers know. */
import { ERROR_CATALOGUE, type ErrorCode, SequenceError } from '../../core/errors.ts';
import { redisAway, redisUnreachable, unusable } from '../redis-server/address.ts';

/**
 * Refusals of a server that is there and will not, or not now: the command did not run. All of them pass; `reason` tells them apart.
 */
const REFUSALS: readonly (readonly [pattern: RegExp, reason: string, what: string])[] = [
  [/^LOADING/, 'loading', 'it is loading its data'],
  [/^READONLY/, 'replica', 'it has become a replica'],
  [/^MASTERDOWN/, 'replica', 'it is a replica without its primary'],
  [/^OOM/, 'memory', 'its memory is full: raise maxmemory'],
  [/^MISCONF/, 'disk', 'it refuses commands because it cannot save: the stock needs no saving, set stop-writes-on-bgsave-error to no'],
  [/^NOREPLICAS/, 'replicas', 'it has fewer replicas than min-replicas-to-write asks for'],
  [/^BUSY/, 'busy', 'a script keeps it busy'],
  [/^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN)/, 'slot', 'the slot of the stream is not served here'],
];

/** The error of a command to a server that was there before. */
export function commandError(shown: string, error: unknown): SequenceError {
  if (error instanceof SequenceError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const own = /^(SEQ_[A-Z_]+) ?([\s\S]*)$/.exec(text);
  if (own !== null && isCode(own[1])) return new SequenceError(own[1], own[2] ?? '', { engine: 'redis' });
  const refusal = REFUSALS.find(([pattern]) => pattern.test(text));
  if (refusal !== undefined) {
    const message = `Redis at ${shown} refuses: ${refusal[2]} (${text})`;
    return new SequenceError('SEQ_ENGINE_AWAY', message, { engine: 'redis', reason: refusal[1] }, { cause: error });
  }
  if (/^(NOAUTH|NOPERM|WRONGPASS)|can't run this command|No permissions/.test(text)) return redisUnreachable(shown, error);
  if (/unknown command/i.test(text)) return unusable(shown, `it knows no Functions (${text})`, 'use Redis 7.0 or later');
  if (/^ERR /.test(text)) {
    return new SequenceError('SEQ_INTERNAL', `Redis at ${shown} failed: ${text}`, { engine: 'redis' }, { cause: error });
  }
  return redisAway(shown, error);
}

/** The server has not, or no longer, the library: the command did not run. */
export function isLibraryMissing(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Function not found');
}

function isCode(text: string | undefined): text is ErrorCode {
  return text !== undefined && Object.hasOwn(ERROR_CATALOGUE, text);
}
