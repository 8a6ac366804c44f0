/**
 * Log lines as JSON, one child per component: `{"level":"info","time":"…","component":"gateway","msg":"…"}`. They go to standard
 * error or a file, never to standard output, where answers are.
 */
import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

export interface LoggingOptions {
  readonly level: pino.LevelWithSilent;
  /** Appended to, with its folder made; standard error where left out. */
  readonly file?: string | undefined;
}

const STANDARD_ERROR = 2;

export function createLogger({ level, file }: LoggingOptions): Logger {
  // Written at once: the last line before an end is the one that is needed.
  const destination = pino.destination({ dest: file ?? STANDARD_ERROR, sync: true, mkdir: true });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

export function componentLogger(logger: Logger, component: string): Logger {
  return logger.child({ component });
}
