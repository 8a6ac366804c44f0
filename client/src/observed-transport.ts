/** A transport whose requests are told to the application's hook; made only where there is such a hook. */
import type { Announcer, ClientRequest } from './client-events.ts';
import type { Reserving, Transport } from './transport.ts';

export function observedTransport(transport: Transport, sequence: string, announcer: Announcer): Transport {
  const told = <T>(action: ClientRequest['action'], count: number, outcome: Promise<T>): Promise<T> =>
    announcer.request({ sequence, action, count }, outcome);
  const { reservations, fetchesAhead } = transport;
  return {
    next(count, wish) {
      const answer = transport.next(count, wish);
      // What is answered at once was no request.
      return answer instanceof Promise ? told('next', count, answer) : answer;
    },
    ...(transport.nextFormatted && {
      nextFormatted: (count: number) => told('nextFormatted', count, transport.nextFormatted?.(count) ?? Promise.resolve([])),
    }),
    giveBack: (blocks) => told('giveBack', blocks.length, transport.giveBack(blocks)),
    ...(fetchesAhead !== undefined && { fetchesAhead }),
    ...(reservations && { reservations: observedReservations(reservations, told) }),
  };
}

function observedReservations(
  reservations: Reserving,
  told: <T>(action: ClientRequest['action'], count: number, outcome: Promise<T>) => Promise<T>,
): Reserving {
  return {
    reserve: (request) => told('reserve', request.count, reservations.reserve(request)),
    confirm: (id, by) => told('confirm', 0, reservations.confirm(id, by)),
    cancel: (id, because, by) => told('cancel', 0, reservations.cancel(id, because, by)),
  };
}
