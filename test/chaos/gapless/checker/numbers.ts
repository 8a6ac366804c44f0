/**
 * Every number that anybody held, a few bytes each: who could hold it at the same time, and whether it is in use or explained at the end.
 */
import type { Violation, VoidLine } from './lines.ts';
import type { Held } from './reservations.ts';

const CONFIRMED = 1;
const FIRST_ROOM = 1 << 16;
const ENDINGS = ['cancelled', 'expired'];

export interface NumbersFound {
  /** Each counted once, however often it was held. */
  readonly numbers: number;
  readonly confirmed: number;
  readonly void: number;
  /** Given up by one reservation and held by another. */
  readonly reused: number;
  readonly series: readonly {
    readonly series: string;
    readonly highest: number;
    readonly confirmed: number;
    readonly void: number;
    readonly reused: number;
  }[];
}

/** One entry for each number of each reservation, in columns. */
export class Numbers {
  readonly #names: string[] = [];
  readonly #series = new Map<string, number>();
  readonly #voids = new Map<number, Map<number, VoidLine>>();
  readonly #report: (violation: Violation) => void;
  #size = 0;
  #of = new Uint16Array(FIRST_ROOM);
  #number = new Float64Array(FIRST_ROOM);
  #heldFrom = new Float64Array(FIRST_ROOM);
  #cancelAsked = new Float64Array(FIRST_ROOM);
  #from = new Float64Array(FIRST_ROOM);
  #until = new Float64Array(FIRST_ROOM);
  #end = new Uint8Array(FIRST_ROOM);

  constructor(report: (violation: Violation) => void) {
    this.#report = report;
  }

  add({ sequence, generation, values, heldFrom, cancelAsked, from, until, end }: Held): void {
    const series = this.#seriesOf(sequence, generation);
    for (const value of values) {
      if (this.#size === this.#of.length) this.#grow();
      const at = this.#size++;
      this.#of[at] = series;
      this.#number[at] = Number(value);
      this.#heldFrom[at] = heldFrom;
      this.#cancelAsked[at] = cancelAsked;
      this.#from[at] = from;
      this.#until[at] = until;
      this.#end[at] = end === 'confirmed' ? CONFIRMED : 0;
    }
  }

  addVoid(line: VoidLine): void {
    const series = this.#seriesOf(line.sequence, line.generation);
    const known = this.#voids.get(series) ?? new Map<number, VoidLine>();
    this.#voids.set(series, known);
    const number = Number(line.value);
    if (known.has(number)) this.#report({ kind: 'unexplained', message: `${this.#names[series]}: ${number} is void twice` });
    known.set(number, line);
    if (!ENDINGS.includes(line.state) || line.why === '' || !(line.atMs > 0))
      this.#report({ kind: 'unexplained', message: `${this.#names[series]}: ${number} is void, ${line.state}, because "${line.why}"` });
  }

  judge(): NumbersFound {
    const order = new Uint32Array(this.#size).map((_, at) => at);
    const bySeries = (a: number, b: number): number => (this.#of[a] as number) - (this.#of[b] as number);
    const byNumber = (a: number, b: number): number => (this.#number[a] as number) - (this.#number[b] as number);
    order.sort((a, b) => bySeries(a, b) || byNumber(a, b));
    const series = this.#names.map((name) => ({ series: name, numbers: 0, highest: 0, confirmed: 0, void: 0, reused: 0 }));
    for (let from = 0; from < order.length; ) {
      const first = order[from] as number;
      let to = from + 1;
      while (to < order.length && bySeries(first, order[to] as number) === 0 && byNumber(first, order[to] as number) === 0) to++;
      this.#judgeNumber([...order.subarray(from, to)], series[this.#of[first] as number] as (typeof series)[number]);
      from = to;
    }
    for (const [index, found] of series.entries()) this.#judgeEnd(index, found);
    const sum = (of: (each: (typeof series)[number]) => number): number => series.reduce((all, each) => all + of(each), 0);
    return {
      numbers: sum(({ numbers }) => numbers),
      confirmed: sum(({ confirmed }) => confirmed),
      void: sum((each) => each.void),
      reused: sum(({ reused }) => reused),
      series: series.map(({ numbers: _, ...each }) => each),
    };
  }

  /** All who held one number; `found` has come to the number below. */
  #judgeNumber(
    holders: number[],
    found: { series: string; numbers: number; highest: number; confirmed: number; void: number; reused: number },
  ): void {
    const number = this.#number[holders[0] as number] as number;
    const name = found.series;
    this.#missing(found, number);
    found.numbers++;
    found.highest = number;
    if (holders.length > 1) found.reused++;
    const confirmed = holders.filter((at) => this.#end[at] === CONFIRMED).length;
    if (confirmed > 1) this.#report({ kind: 'confirmed-twice', message: `${name}: ${number} was confirmed by ${confirmed} reservations` });
    for (const [index, one] of holders.entries()) {
      for (const other of holders.slice(index + 1)) {
        // Answers come in another order than reservations: one of the two must have been given up before the other began.
        if (!this.#isBefore(one, other) && !this.#isBefore(other, one))
          this.#report({
            kind: 'held-twice',
            message: `${name}: ${number} was held twice at a time, from ${this.#from[one]} and ${this.#from[other]}`,
          });
      }
    }
    const void_ = this.#voids.get(this.#of[holders[0] as number] as number)?.get(number);
    if (confirmed > 0) found.confirmed++;
    if (void_ !== undefined) found.void++;
    if (confirmed > 0 && void_ !== undefined)
      this.#report({ kind: 'gap', message: `${name}: ${number} is confirmed and reported as void` });
    if (confirmed === 0 && void_ === undefined)
      this.#report({ kind: 'gap', message: `${name}: ${number} is neither confirmed nor reported as void` });
  }

  /** Numbers below that nobody ever held are void, or missing. */
  #missing(found: { readonly series: string; readonly highest: number; void: number }, below: number): void {
    const voids = this.#voids.get(this.#series.get(found.series) ?? -1);
    for (let number = found.highest + 1; number < below; number++) {
      if (voids?.has(number) === true) found.void++;
      else this.#report({ kind: 'gap', message: `${found.series}: nobody holds ${number}, and it is not reported as void` });
    }
  }

  #judgeEnd(index: number, found: { readonly series: string; highest: number; void: number }): void {
    const last = Math.max(0, ...(this.#voids.get(index)?.keys() ?? []));
    this.#missing(found, last + 1);
    found.highest = Math.max(found.highest, last);
  }

  /** The first had given its numbers up before the other one had them: asked to cancel, or past its time by the server's clock. */
  #isBefore(one: number, other: number): boolean {
    if (this.#end[one] === CONFIRMED) return false;
    const isCancelled = (this.#cancelAsked[one] as number) <= (this.#heldFrom[other] as number);
    return isCancelled || (this.#until[one] as number) <= (this.#from[other] as number);
  }

  #seriesOf(sequence: string, generation: number): number {
    const name = `${sequence}@${generation}`;
    let series = this.#series.get(name);
    if (series === undefined) {
      series = this.#names.push(name) - 1;
      this.#series.set(name, series);
    }
    return series;
  }

  #grow(): void {
    const room = this.#of.length * 2;
    const wider = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const wide = new Float64Array(room);
      wide.set(column);
      return wide;
    };
    const [of, end] = [new Uint16Array(room), new Uint8Array(room)];
    of.set(this.#of);
    end.set(this.#end);
    this.#of = of;
    this.#end = end;
    this.#number = wider(this.#number);
    this.#heldFrom = wider(this.#heldFrom);
    this.#cancelAsked = wider(this.#cancelAsked);
    this.#from = wider(this.#from);
    this.#until = wider(this.#until);
  }
}
