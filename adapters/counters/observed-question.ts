/** One question to a server of rows, asked again and again: what every observed SQL engine does alike. */
import { onlyRow } from './observed-address.ts';
import { type FailureCodes, observedFailure } from './observed-failures.ts';
import type { KeptSession, ObservedSource, Reading } from './observed-source.ts';

export interface ObservedQuestion {
  readonly text: string;
  readonly values: readonly string[];
  readonly what: string;
  readonly readingOf: (row: Readonly<Record<string, unknown>>) => Reading;
}

interface AskingSession {
  query(text: string, values: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface AskedServer {
  readonly engine: string;
  /** Where it is, without user and password. */
  readonly shown: string;
  readonly codes: FailureCodes;
  readonly session: KeptSession<AskingSession>;
}

/** Asks once before it is handed out, so that whatever is wrong is said at the start. */
export async function questionedSource(server: AskedServer, { text, values, what, readingOf }: ObservedQuestion): Promise<ObservedSource> {
  const { engine, shown, codes, session } = server;
  let hasAnswered = false;
  const source: ObservedSource = {
    shown: `${what} in ${shown}`,
    async read() {
      try {
        const reading = readingOf(onlyRow(await session.use((open) => open.query(text, values)), what));
        hasAnswered = true;
        return reading;
      } catch (error) {
        throw observedFailure({ engine, shown, hasAnswered }, codes, error);
      }
    },
    close: () => session.close(),
  };
  await source.read();
  return source;
}
