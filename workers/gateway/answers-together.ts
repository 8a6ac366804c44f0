/**
 * Answers of one turn of the event loop are written together, at its end. A write to a socket wakes whoever sleeps at its other end, which
 * costs as much as all the rest of an answer; written one by one between other work, each finds its caller asleep again. For a caller that
 * is alone the turn ends at once.
 */
import type { ServerResponse } from 'node:http';

interface Answer {
  readonly response: ServerResponse;
  /** Names and values by turns, and last the name of the length, which is added. */
  readonly headers: readonly string[];
  readonly text: string;
  readonly gateway: Gateway;
}

interface Gateway {
  readonly draining: boolean;
}

const OK = 200;
const LAST = ['connection', 'close'];

let held: Answer[] = [];

/** Leaves when everything that came in with its request was looked at. */
export function sendTogether(answer: Answer): void {
  if (held.push(answer) === 1) setImmediate(sendAll);
}

/** Whether it is the newest answer that is about to leave: true for whoever was answered within this call. */
export function isLeaving(response: ServerResponse): boolean {
  return held.at(-1)?.response === response;
}

function sendAll(): void {
  const leaving = held;
  held = [];
  for (const { response, headers, text, gateway } of leaving) {
    const length = String(Buffer.byteLength(text));
    // A connection that is kept beyond the last answer would keep the process, too.
    response.writeHead(OK, gateway.draining ? headers.concat(length, LAST) : headers.concat(length)).end(text);
  }
}
