/**
 * Turns readings into demand: how many values went in each span of a regular grid of times. What was not seen is never made up in
 * silence: a short gap is spread evenly and said, a long one is left out and said, and where the position does not follow from the one
 * before (a restart, an alteration, a leap), the spans between are left out.
 */
import type { Reading } from '../../adapters/counters/observed-source.ts';
import { duration, grouped } from '../demo/figures.ts';
import { timeText } from '../table.ts';

export interface DemandRow {
  readonly startMs: number;
  readonly count: number;
}

export interface ObservationTotals {
  rows: number;
  values: number;
  /** The most in one span. */
  peak: number;
  /** Fetches of a block that its users made, as far as the block is known. */
  fetches: number;
  block: number;
  /** The position moves by so many at a time: said by the generator, or seen. */
  resolution: number;
  /** Spans without a reading: spread over, and left out of the file. */
  gaps: number;
  spreadMs: number;
  leftOutMs: number;
  restarts: number;
}

export interface Observed {
  readonly rows: readonly DemandRow[];
  /** What an operator should know, in sentences. */
  readonly said: readonly string[];
}

export interface ObservationOptions {
  readonly everyMs: number;
  /** Spreads what moves in blocks over the time since the move before: rows come when the block is over. */
  readonly spread: boolean;
}

/** A gap up to here is spread evenly: within minutes demand is much the same. A longer one would be an invention. */
const SPREAD_MS_MAX = 600_000;
/** A shorter gap is counted, and not worth a line: a machine that is busy has many. */
const GAP_SAID_MS = 3_000;
/** No generator known gives out more a second; more than this is a position that was set by hand. */
const VALUES_PER_SECOND_MAX = 10_000_000n;
/** A block that nobody has told of is believed once so many moves were all multiples of it. */
const MOVES_TO_BELIEVE = 5;
const NOTHING: Observed = { rows: [], said: [] };

interface Mark {
  readonly reading: Reading;
  /** Which boundary of the grid it stands for. */
  readonly cell: number;
}

export class Observation {
  readonly totals: ObservationTotals;
  readonly #everyMs: number;
  readonly #spread: boolean;
  /** From where demand has not been told yet; and the last reading of all. */
  #from: Mark | undefined;
  #lastCell = 0;
  #commonStep = 0n;
  #moves = 0;
  #isResolutionSaid = false;

  constructor({ everyMs, spread }: ObservationOptions) {
    this.#everyMs = everyMs;
    this.#spread = spread;
    const counts = { rows: 0, values: 0, peak: 0, fetches: 0, gaps: 0, spreadMs: 0, leftOutMs: 0, restarts: 0 };
    this.totals = { ...counts, block: 1, resolution: 1 };
  }

  /** A reading counts at the boundary next to it; a second one at the same boundary waits for the next. */
  note(reading: Reading, atMs: number): Observed {
    const cell = Math.round(atMs / this.#everyMs);
    const from = this.#from;
    if (from === undefined || reading.life !== from.reading.life) return this.#begin({ reading, cell }, 'it began anew or was altered');
    if (cell <= this.#lastCell) return NOTHING;
    const missed = cell - this.#lastCell - 1;
    const moved = movement(from.reading, reading);
    if (moved < 0n) return this.#begin({ reading, cell }, `its position went back by ${grouped(-Number(moved))}`);
    if (moved > leastLeap(cell - from.cell, this.#everyMs, reading)) {
      return this.#begin({ reading, cell }, `its position leapt ahead by ${grouped(Number(moved))}, more than anybody can ask for`);
    }
    this.#lastCell = cell;
    const said = [...this.#noteMove(moved, reading), ...this.#noteGap(missed, cell)];
    if (this.#spread && moved === 0n) return { rows: [], said };
    this.#from = { reading, cell };
    if (missed * this.#everyMs > SPREAD_MS_MAX && !this.#spread) return { rows: [], said };
    return { rows: this.#tell(from.cell, cell, moved), said };
  }

  #begin(mark: Mark, why: string): Observed {
    const from = this.#from;
    this.#from = mark;
    const { totals } = this;
    totals.block = mark.reading.block;
    totals.resolution = Math.max(totals.resolution, mark.reading.resolution);
    const said = this.#resolutionSaid();
    if (from !== undefined) {
      const lostMs = (mark.cell - from.cell) * this.#everyMs;
      totals.restarts++;
      totals.leftOutMs += lostMs;
      said.push(`${why}: ${duration(lostMs)} until ${this.#timeOf(mark.cell)} are left out`);
    }
    this.#lastCell = mark.cell;
    return { rows: [], said };
  }

  #noteMove(moved: bigint, { block, resolution }: Reading): string[] {
    const { totals } = this;
    totals.block = block;
    totals.resolution = Math.max(resolution, totals.resolution);
    if (moved > 0n) {
      this.#moves++;
      this.#commonStep = greatestCommonDivisor(this.#commonStep, moved);
      if (this.#moves >= MOVES_TO_BELIEVE) totals.resolution = Math.max(resolution, Number(this.#commonStep));
    }
    return this.#resolutionSaid();
  }

  #resolutionSaid(): string[] {
    const { resolution } = this.totals;
    if (resolution === 1 || this.#isResolutionSaid) return [];
    this.#isResolutionSaid = true;
    const then = this.#spread
      ? 'each is spread over the time since the one before'
      : '--spread spreads each over the time since the one before';
    return [`its position moves in blocks of ${grouped(resolution)}: what is asked for within a block cannot be seen; ${then}`];
  }

  #noteGap(missed: number, cell: number): string[] {
    if (missed === 0) return [];
    const gapMs = missed * this.#everyMs;
    this.totals.gaps++;
    const isSpread = gapMs <= SPREAD_MS_MAX || this.#spread;
    this.totals[isSpread ? 'spreadMs' : 'leftOutMs'] += gapMs + (isSpread ? 0 : this.#everyMs);
    if (gapMs < GAP_SAID_MS) return [];
    const how = isSpread ? 'what went meanwhile is spread evenly over it' : 'too long to be spread, it is left out';
    return [`no reading for ${duration(gapMs)} until ${this.#timeOf(cell)}: ${how}`];
  }

  /** One row a span, so that they add up to what has moved. */
  #tell(fromCell: number, toCell: number, moved: bigint): DemandRow[] {
    const rows: DemandRow[] = [];
    const spans = BigInt(toCell - fromCell);
    for (let span = 0n; span < spans; span++) {
      const count = Number((moved * (span + 1n)) / spans - (moved * span) / spans);
      rows.push({ startMs: (fromCell + Number(span)) * this.#everyMs, count });
      this.totals.peak = Math.max(this.totals.peak, count);
    }
    this.totals.rows += rows.length;
    this.totals.values += Number(moved);
    this.totals.fetches += Math.round(Number(moved) / this.totals.block);
    return rows;
  }

  #timeOf(cell: number): string {
    return timeText(cell * this.#everyMs);
  }
}

/** Negative where it went back, unless that is a cycle that has begun again. */
function movement(before: Reading, now: Reading): bigint {
  const moved = now.position - before.position;
  if (moved >= 0n || now.period === undefined) return moved;
  const around = moved + now.period;
  // A cycle's last values and its first: anything else went back.
  return around >= 0n && around < now.period / 2n ? around : moved;
}

function leastLeap(spans: number, everyMs: number, { block }: Reading): bigint {
  const plausible = (VALUES_PER_SECOND_MAX * BigInt(spans * everyMs)) / 1_000n;
  const blocks = 2n * BigInt(block);
  return plausible > blocks ? plausible : blocks;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
