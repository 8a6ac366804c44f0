/** What a command works with: where to write, what was set, and who may interrupt it. A test hands in its own. */
import type { Environment } from '../workers/runtime/process/config.ts';
import type { Output } from './screen.ts';

export interface CliContext {
  /** Answers only; whatever else there is to say goes to `err`. */
  readonly out: Output;
  readonly err: Output;
  readonly env: Environment;
  readonly signals: Signals;
  /** Set by a command that did its work and found something wrong. */
  exitCode: number;
  /** What `--api-key` said; taken out of a command's own options, which some commands send as they are. */
  apiKey?: string;
  /** What `--no-color` said. */
  isPlain?: boolean;
}

/** `process`, as far as signals and its last words go. */
export interface Signals {
  on(event: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'uncaughtException', listener: (what: unknown) => void): unknown;
  off(event: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'uncaughtException', listener: (what: unknown) => void): unknown;
}

/** Options that every command has, and those of commands that talk to a running server. */
export interface JsonOption {
  readonly json?: boolean | undefined;
}

export interface ServerOptions extends JsonOption {
  readonly url?: string | undefined;
}
