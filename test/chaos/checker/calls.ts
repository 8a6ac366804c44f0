/** Attempts put together with their answers, and calls with their attempts. */
import type { Ask, Back, ClientLine, Got, Nothing } from './lines.ts';

export interface Attempt {
  readonly ask: Ask;
  got?: Got;
  nothing?: Nothing;
  readonly back: Back[];
}

export interface Calls {
  /** By the time of asking. */
  readonly attempts: readonly Attempt[];
  /** Whether a call got what it wanted, by its name. */
  readonly answered: ReadonlyMap<string, boolean>;
}

export function callsOf(lines: readonly ClientLine[]): Calls {
  const byId = new Map<string, Attempt>();
  for (const line of lines) if (line.do === 'ask') byId.set(line.id, { ask: line, back: [] });
  for (const line of lines) {
    const attempt = byId.get(line.id);
    if (attempt === undefined) throw new Error(`the history has an answer to ${line.id}, which nobody asked`);
    if (line.do === 'got') attempt.got = line;
    else if (line.do === 'nothing') attempt.nothing = line;
    else if (line.do === 'back') attempt.back.push(line);
  }
  const attempts = [...byId.values()].sort((a, b) => a.ask.at - b.ask.at);
  const answered = new Map<string, boolean>();
  for (const { ask, got } of attempts) answered.set(ask.call, got !== undefined || answered.get(ask.call) === true);
  return { attempts, answered };
}
