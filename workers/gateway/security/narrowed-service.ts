/**
 * The service as one API key sees it: lists, events and metrics hold its own sequences only, values are counted against its quotas, and a
 * reservation that is named by its id alone is first looked up. Made once a key, so that routes need not know that there are keys.
 */
import type { Verb } from '../../../core/access/scope.ts';
import { SequenceError } from '../../../core/errors.ts';
import { sequenceOfStream } from '../../../core/stream.ts';
import type { LiveFeed } from '../../runtime/live/live-feed.ts';
import type { ReservationService } from '../../runtime/reservations/reservation-service.ts';
import { boundMethods } from '../../runtime/service/bound-methods.ts';
import type { NextAnswer, NextRequest, SeqcastService, Status } from '../../runtime/service/service.ts';
import { ownEvents } from './own-events.ts';
import { ownMetrics } from './own-metrics.ts';
import type { Principal } from './principal.ts';
import type { QuotaBook } from './quota-book.ts';

export function narrowedService(service: SeqcastService, principal: Principal, quotas: QuotaBook): SeqcastService {
  const seesStream = (stream: string): boolean => principal.sees(sequenceOfStream(stream));
  const own: Partial<SeqcastService> = {
    next(request: NextRequest): NextAnswer | Promise<NextAnswer> {
      mustAllow(principal, 'next', request.sequence);
      return quotas.counted(principal, request.sequence, request.count, () => service.next(request));
    },
    reservations: () => narrowedReservations(service.reservations(), principal, quotas),
    list: () => service.list().filter(({ name }) => principal.sees(name)),
    status: () => narrowedStatus(service.status(), principal, seesStream),
    announcements: () => service.announcements().filter(({ sequence }) => principal.sees(sequence)),
    live: () => narrowedFeed(service.live(), principal),
    metrics: async () => {
      const text = await service.metrics();
      return principal.mayOperate ? text : ownMetrics(text, (sequence) => principal.sees(sequence));
    },
    // Notices name models, pools and other people's sequences.
    notices: () => (principal.mayOperate ? service.notices() : []),
  };
  return { ...boundMethods(service), ...own } as SeqcastService;
}

/** Throws `SEQ_UNKNOWN_SEQUENCE` for what the key may not know of, `SEQ_FORBIDDEN` for what it may know of and not do. */
export function mustAllow(principal: Principal, verb: Verb | 'see', sequence: string): void {
  if (verb === 'see' ? principal.sees(sequence) : principal.may(verb, sequence)) return;
  if (!principal.sees(sequence)) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `there is no sequence ${sequence}`, { sequence });
  throw new SequenceError('SEQ_FORBIDDEN', `the key ${principal.name} lacks the scope ${verb}:${sequence}`, {
    scope: `${verb}:${sequence}`,
  });
}

function narrowedStatus(status: Status, principal: Principal, seesStream: (stream: string) => boolean): Status {
  const { warnings: _, ...rest } = status;
  // Nothing but the pattern `*` covers this, which is no name.
  if (principal.sees('*')) return status;
  // Where the data is on disk is no business of a tenant.
  const streams = status.streams.filter(({ stream }) => seesStream(stream));
  const sequences = new Set(streams.map(({ stream }) => sequenceOfStream(stream))).size;
  return { ...rest, dataDir: '', streams, sequences };
}

function narrowedFeed(feed: LiveFeed, principal: Principal): LiveFeed {
  const narrowed: Pick<LiveFeed, 'past' | 'rows' | 'subscribe'> = {
    past: (stream) => feed.past(stream),
    rows: (names) => feed.rows(names.filter((name) => principal.sees(sequenceOfStream(name)))),
    subscribe(handler, lastId) {
      const hear = principal.mayOperate
        ? handler
        : ownEvents(
            handler,
            (sequence) => principal.sees(sequence),
            () => feed.seen(),
          );
      return feed.subscribe((event) => {
        if (!principal.isRevoked) hear(event);
      }, lastId);
    },
  };
  return narrowed as LiveFeed;
}

function narrowedReservations(inner: ReservationService, principal: Principal, quotas: QuotaBook): ReservationService {
  /** Named by its id alone: whose it is decides, and of another tenant's there is none. */
  const mustBeOwn = async (sequence: string | undefined, id: string): Promise<void> => {
    if (sequence !== undefined) return;
    const found = await inner.find(undefined, id).catch((error: unknown) => {
      if (error instanceof SequenceError && error.code === 'SEQ_UNKNOWN_RESERVATION') return undefined;
      throw error;
    });
    if (found !== undefined && principal.may('reserve', found.sequence)) return;
    // In the same words for both: nobody learns that another tenant has a reservation of that id.
    throw new SequenceError('SEQ_UNKNOWN_RESERVATION', `no reservation ${id} is known here`, { id });
  };
  return {
    reserve: async (request) => quotas.counted(principal, request.sequence, request.count, () => inner.reserve(request)),
    async confirm(ending) {
      await mustBeOwn(ending.sequence, ending.id);
      return inner.confirm(ending);
    },
    async cancel(ending) {
      await mustBeOwn(ending.sequence, ending.id);
      return inner.cancel(ending);
    },
    async find(sequence, id) {
      await mustBeOwn(sequence, id);
      return inner.find(sequence, id);
    },
    voids: (request) => inner.voids(request),
    reuses: (request) => inner.reuses(request),
  };
}
