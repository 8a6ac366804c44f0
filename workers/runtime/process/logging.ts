/**
 * Log lines as JSON, one child per component: `{"level":"info","time":"…","component":"gateway","msg":"…"}`. They go to standard
 * error or a file, never to standard output, where answers are. Within a span they name its trace, and no line has a secret in it.
 */
import pino, { type Logger } from 'pino';
import { activeSpan } from '../observability/span-in-hand.ts';
import { traceIdsOf } from '../observability/trace-ids.ts';

export type { Logger } from 'pino';

export interface LoggingOptions {
  readonly level: pino.LevelWithSilent;
  /** Appended to, with its folder made; standard error where left out. */
  readonly file?: string | undefined;
}

const STANDARD_ERROR = 2;

/**
 * Secrets where they come into messages and errors: passwords in URLs, API keys, bearer tokens. A pattern over the whole line, not a list of
 * fields: the errors of libraries put addresses into their texts.
 */
const SECRETS = /(?<=:\/\/[^\s:/@"]*:)[^\s/@"]+(?=@)|(?<=\bsqk_[0-9a-f]{12}_)[A-Za-z0-9_-]+|(?<=\b[Bb]earer )[A-Za-z0-9._~+/=-]+/g;
const HIDDEN = '[hidden]';

export function createLogger({ level, file }: LoggingOptions): Logger {
  // Written at once: the last line before an end is the one that is needed.
  const destination = pino.destination({ dest: file ?? STANDARD_ERROR, sync: true, mkdir: true });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => traceIdsOf(activeSpan()),
    },
    { write: (line) => destination.write(withoutSecrets(line)) },
  );
}

export function componentLogger(logger: Logger, component: string): Logger {
  return logger.child({ component });
}

function withoutSecrets(line: string): string {
  return line.replace(SECRETS, HIDDEN);
}
