/** What a script can tell from the exit code alone; `docs/reference/cli.md` shows this table. */
import { ERROR_CATALOGUE, type ErrorCode } from '../core/errors.ts';

export const EXIT_CODES = {
  ok: { code: 0, meaning: 'done, and all is well' },
  failed: {
    code: 1,
    meaning: 'refused, failed, or something wrong was found (an audit that does not add up, a violation, a check of `doctor`)',
  },
  usage: { code: 2, meaning: 'what was typed or configured is wrong; nothing was done' },
  unreachable: { code: 3, meaning: 'no server answers at that address' },
  retry: { code: 4, meaning: 'refused for now: the same command may succeed in a moment' },
} as const;

const BAD_REQUEST = 400;

export function exitCodeOf(code: ErrorCode): number {
  const { httpStatus, retriable } = ERROR_CATALOGUE[code];
  if (code === 'SEQ_UNREACHABLE') return EXIT_CODES.unreachable.code;
  if (httpStatus === BAD_REQUEST) return EXIT_CODES.usage.code;
  return retriable ? EXIT_CODES.retry.code : EXIT_CODES.failed.code;
}
