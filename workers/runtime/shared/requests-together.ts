/**
 * Requests with ids that came together, answered together: those of a stream are one question to its pool. Each gets the answer that it
 * would have got alone, or what is wrong with it; nobody's mistake concerns another one.
 */

import type { DirectoryEntry } from '../pool/stream-directory.ts';
import type { NextAnswer, NextRequest } from '../service/service.ts';
import type { RemoteStream, RemoteTaken } from './remote-stream.ts';
import type { RemoteTakes, TakeCall } from './remote-takes.ts';

export interface IdentifiedRequest {
  readonly request: NextRequest;
  readonly id: string;
  /** Of what it asks for: another one under the same id is a conflict. */
  readonly payloadHash: string;
}

export type RequestOutcome = NextAnswer | { readonly error: unknown };

export interface Wanted {
  readonly entry: DirectoryEntry<RemoteStream>;
  readonly stream: RemoteStream;
}

interface RequestParts {
  readonly takes: Pick<RemoteTakes, 'takeTogether'>;
  /** Whose stream it is; throws what is wrong with the request. */
  readonly wanted: (request: NextRequest) => Wanted;
  /** For sequences whose answers are kept for ever: the ledger is asked, request by request. */
  readonly once: (wanted: Wanted, count: number, id: string) => Promise<NextAnswer>;
  /** For sequences whose values come out of a database, which keeps the answers, too. */
  readonly durable: (request: NextRequest, id: string) => Promise<NextAnswer>;
  readonly answer: (entry: DirectoryEntry<RemoteStream>, taken: RemoteTaken, stalled: boolean) => NextAnswer;
}

interface StreamCalls extends Wanted {
  readonly calls: TakeCall[];
  /** Place of each call among the requests. */
  readonly places: number[];
}

/** Resolves when the last one is answered, in the order of the requests. */
export async function answerTogether(parts: RequestParts, requests: readonly IdentifiedRequest[]): Promise<RequestOutcome[]> {
  const outcomes: RequestOutcome[] = requests.map(() => ({ error: undefined }));
  const under: Promise<void>[] = [];
  const settle = async (place: number, answer: () => NextAnswer | Promise<NextAnswer>): Promise<void> => {
    try {
      outcomes[place] = await answer();
    } catch (error) {
      outcomes[place] = { error };
    }
  };
  const streams = new Map<RemoteStream, StreamCalls>();
  for (const [place, { request, id, payloadHash }] of requests.entries()) {
    try {
      const wanted = parts.wanted(request);
      if (wanted.entry.isRegistered) {
        under.push(settle(place, () => parts.durable(request, id)));
        continue;
      }
      if (wanted.entry.definition.answersKept === 'ever') {
        under.push(settle(place, () => parts.once(wanted, request.count, id)));
        continue;
      }
      const own = streams.get(wanted.stream) ?? { ...wanted, calls: [], places: [] };
      if (own.calls.length === 0) streams.set(wanted.stream, own);
      own.calls.push({ count: request.count, numbered: false, request: id, payloadHash });
      own.places.push(place);
    } catch (error) {
      outcomes[place] = { error };
    }
  }
  const taking = async ({ entry, stream, calls, places }: StreamCalls): Promise<void> => {
    const late: Promise<void>[] = [];
    for (const [at, taken] of (await parts.takes.takeTogether(stream, calls)).entries()) {
      const place = places[at] as number;
      if (taken instanceof Promise) late.push(settle(place, async () => parts.answer(entry, await taken, true)));
      else outcomes[place] = parts.answer(entry, taken, false);
    }
    await Promise.all(late);
  };
  await Promise.all([...under, ...[...streams.values()].map(taking)]);
  return outcomes;
}
