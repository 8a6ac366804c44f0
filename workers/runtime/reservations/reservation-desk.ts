/**
 * Answers what is asked about numbers without a gap: finds the series of the living generation, waits where a period is over and the next
 * one has yet to begin, and says in values and printed numbers what the transaction pool says in ordinals.
 */
import { createHash } from 'node:crypto';
import { SequenceError } from '../../../core/errors.ts';
import type { Generation, RangesState } from '../../../core/ledger/ranges.ts';
import { WAIT_MS_MAX } from '../../../core/limits.ts';
import { PAGE_MAX } from '../../../core/reservation/bounds.ts';
import { parseReservationId } from '../../../core/reservation/reservation-id.ts';
import type { RegisteredReservation } from '../../../pipelines/ports.ts';
import type {
  ReportPageView,
  ReportRequest,
  ReservationEnding,
  ReservationService,
  ReservationView,
  Reserved,
  ReserveRequest,
  ReuseView,
  VoidView,
} from './reservation-service.ts';
import { type OfGeneration, reservationView, reuseView, voidViews } from './reservation-views.ts';
import type { Asked, ServedSeries } from './served-series.ts';
import { ofServing, type ServingOptions, servingGeneration } from './serving-generation.ts';
import type { TransactionPool } from './transaction-pool.ts';

export interface ReservationDeskOptions extends ServingOptions {
  readonly pool: TransactionPool;
  readonly ranges: (sequence: string) => RangesState;
}

export class ReservationDesk implements ReservationService {
  readonly #options: ReservationDeskOptions;

  constructor(options: ReservationDeskOptions) {
    this.#options = options;
  }

  async reserve(request: ReserveRequest): Promise<Reserved> {
    const { sequence, key, count, ttlMs, owner } = request;
    // What must be alike for the same key to give the same answer.
    const payloadHash = createHash('sha256').update(JSON.stringify({ count, ttlMs, owner })).digest('hex');
    const { pool, monotonicMs } = this.#options;
    const deadlineMs = monotonicMs() + WAIT_MS_MAX;
    return await ofServing(this.#options, deadlineMs, async () => {
      const series = await pool.series(await servingGeneration(this.#options, sequence, deadlineMs, checkGapless));
      const asked: Asked = { kind: 'reserve', series: series.series, key, payloadHash, count, ttlMs, owner };
      return { isEnded: () => series.isEnded, answered: this.#reserved(series, asked) };
    });
  }

  async confirm({ sequence, id, by }: ReservationEnding): Promise<ReservationView> {
    return await this.#end(sequence, { kind: 'confirm', id, by });
  }

  async cancel({ sequence, id, by, because }: ReservationEnding & { readonly because: string }): Promise<ReservationView> {
    return await this.#end(sequence, { kind: 'cancel', id, by, because });
  }

  async find(sequence: string | undefined, id: string): Promise<ReservationView> {
    await this.#seriesOf(sequence, id);
    const found = await this.#options.pool.read((registrar) => registrar.find(id));
    if (found === undefined) throw unknownReservation(id);
    return await this.#view(found);
  }

  async voids(request: ReportRequest): Promise<ReportPageView<VoidView>> {
    const { from, limit } = checked(request);
    const [series, of] = await this.#reported(request);
    // One entry more than asked for, to know whether that is all.
    const entries = await this.#options.pool.read((registrar) => registrar.voids(series, { from: Math.max(0, from - 1), limit: PAGE_MAX }));
    const views = voidViews(entries, of.definition, limit + 1);
    const more = views.length > limit ? views.pop() : undefined;
    const isCut = more === undefined && entries.length === PAGE_MAX;
    const next = more?.number ?? (isCut ? (views.at(-1)?.number ?? from) + 1 : undefined);
    return { generation: of.generation, entries: views, ...(next !== undefined && { next }) };
  }

  async reuses(request: ReportRequest): Promise<ReportPageView<ReuseView>> {
    const { from, limit } = checked(request);
    const [series, of] = await this.#reported(request);
    const entries = await this.#options.pool.read((registrar) => registrar.reuses(series, { from: Math.max(1, from), limit }));
    const next = entries.length === limit ? (entries.at(-1)?.number ?? from) + 1 : undefined;
    return {
      generation: of.generation,
      entries: entries.map((entry) => reuseView(entry, of.definition)),
      ...(next !== undefined && { next }),
    };
  }

  async #reserved(series: ServedSeries, asked: Asked): Promise<Reserved> {
    const { reservation, repeated } = await this.#options.pool.ask(series, asked);
    return { ...(await this.#view(reservation)), repeated };
  }

  async #end(sequence: string | undefined, command: Asked & { readonly id: string }): Promise<ReservationView> {
    const series = await this.#seriesOf(sequence, command.id);
    const { reservation } = await this.#options.pool.ask(series, command);
    return await this.#view(reservation);
  }

  async #seriesOf(sequence: string | undefined, id: string): Promise<ServedSeries> {
    const number = parseReservationId(id)?.series;
    const series = number === undefined ? undefined : await this.#options.pool.seriesNumbered(number);
    if (series === undefined || (sequence !== undefined && series.sequence !== sequence)) throw unknownReservation(id);
    return series;
  }

  async #reported({ sequence, generation }: ReportRequest): Promise<readonly [series: number, of: OfGeneration]> {
    const { live, ranges, pool } = this.#options;
    const found = generation === undefined ? live(sequence) : ranges(sequence).generations.get(generation);
    if (found === undefined || found.name !== sequence)
      throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `sequence ${sequence} has no generation ${generation}`, { sequence });
    checkGapless(found);
    const { series } = await pool.series(found);
    return [series, { sequence, generation: found.id, definition: found.definition }];
  }

  /** A key that was used in an earlier period finds the reservation of that one. */
  async #view(reservation: RegisteredReservation): Promise<ReservationView> {
    const series = await this.#options.pool.seriesNumbered(reservation.series);
    if (series === undefined) throw unknownReservation(reservation.id);
    const { sequence, generation } = series;
    const definition = this.#options.ranges(sequence).generations.get(generation)?.definition;
    if (definition === undefined) throw unknownReservation(reservation.id);
    return reservationView(reservation, { sequence, generation, definition });
  }
}

function checked({ from, limit }: ReportRequest): { readonly from: number; readonly limit: number } {
  if (!Number.isSafeInteger(from) || from < 0) throw new SequenceError('SEQ_INVALID_REQUEST', `from is ${from}: a whole number from 0`);
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= PAGE_MAX) return { from, limit };
  throw new SequenceError('SEQ_INVALID_REQUEST', `limit is ${limit}: a page has 1 to ${PAGE_MAX} entries`);
}

function checkGapless({ name: sequence, definition }: Generation): void {
  if (definition.guarantee === 'gapless') return;
  const message = `sequence ${sequence} may have gaps: its values are taken by next, not by reservation`;
  throw new SequenceError('SEQ_UNSUPPORTED', message, { sequence });
}

function unknownReservation(id: string): SequenceError {
  return new SequenceError('SEQ_UNKNOWN_RESERVATION', `no reservation ${id} is known here`, { id });
}
