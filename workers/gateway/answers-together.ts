/**
 * Answers of one turn of the event loop are written together, at its end. A write to a socket wakes whoever sleeps at its other end, which
 * costs as much as all the rest of an answer; written one by one between other work, each finds its caller asleep again. For a caller that
 * is alone the turn ends at once.
 */
import type { ServerResponse } from 'node:http';

interface Answer {
  readonly response: ServerResponse;
  /** Names and values by turns; the length is added. */
  readonly headers: readonly string[];
  readonly text: string;
}

const OK = 200;

let held: Answer[] = [];

/** Leaves when everything that came in with its request was looked at. The headers' last name is that of the length. */
export function sendTogether(response: ServerResponse, headers: readonly string[], text: string): void {
  if (held.push({ response, headers, text }) === 1) setImmediate(sendAll);
}

/** Whether it is the newest answer that is about to leave: true for whoever was answered within this call. */
export function isLeaving(response: ServerResponse): boolean {
  return held.at(-1)?.response === response;
}

function sendAll(): void {
  const leaving = held;
  held = [];
  for (const { response, headers, text } of leaving) {
    // A caller that has gone meanwhile is written to no more than one that goes a moment later.
    response.writeHead(OK, headers.concat(String(Buffer.byteLength(text)))).end(text);
  }
}
