/**
 * Server-sent events over `fetch`: the browser's own reader cannot send a key. Comes back by itself, behind the last event it has heard.
 */
import { keyHeaders, untilAllowed, wantKey } from './key.ts';

const AGAIN_MS = 2_000;
const UNAUTHENTICATED = 401;

export interface EventListener {
  /** The `data` of one event. */
  heard(data: string): void;
  connection(isOpen: boolean): void;
}

/** Listens for as long as the page is there. */
export async function listenForEver(path: string, listener: EventListener): Promise<never> {
  let lastId: string | undefined;
  for (;;) {
    await untilAllowed();
    try {
      const headers = { ...keyHeaders(), ...(lastId !== undefined && { 'last-event-id': lastId }) };
      const answer = await fetch(path, { headers, cache: 'no-store' });
      if (answer.status === UNAUTHENTICATED) wantKey();
      if (answer.ok && answer.body !== null) {
        listener.connection(true);
        for await (const event of eventsOf(answer.body)) {
          lastId = event.id ?? lastId;
          if (event.data !== '') listener.heard(event.data);
        }
      }
    } catch {
      // The gateway went away: it is asked again.
    }
    listener.connection(false);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

interface StreamedEvent {
  readonly id: string | undefined;
  readonly data: string;
}

async function* eventsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<StreamedEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield eventOf(part);
  }
}

function eventOf(text: string): StreamedEvent {
  let id: string | undefined;
  let data = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('data: ')) data += line.slice('data: '.length);
    else if (line.startsWith('id: ')) id = line.slice('id: '.length);
  }
  return { id, data };
}
