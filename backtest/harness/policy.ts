/**
 * What a rule that hands out stock sees of one stream, and what it may answer: the live rule, the rules of other generators and the
 * bounds that know the future are all policies, and the harness replays each on the same seconds.
 */

/** The stream at one moment. The harness writes the same object over: a policy that wants to remember copies. */
export interface StockView {
  /** Seconds since the trace began. */
  readonly atS: number;
  /** Unissued values on hand, values that callers wait for, and values ordered and not delivered yet. */
  readonly stock: number;
  readonly waiting: number;
  readonly onOrder: number;
  /** Values asked for in the present second so far, and how much of that second is over. */
  readonly arrived: number;
  readonly elapsedS: number;
}

export interface Policy {
  readonly name: string;
  /** A caller that waits longer is refused by this generator (Leaf: 10 ms); infinite where callers wait until they are served. */
  readonly lostAfterS: number;
  /** An orderly stop gives stock on hand back; where it does not, a clean stop burns as much as a crash. */
  readonly returnsAtStop: boolean;
  /**
   * Stock on hand above which `order` need not be asked as long as nobody waits, also while an order is on its way. Read anew each
   * second and at each step; a policy that wants to be asked always says `Infinity`.
   */
  readonly alertAt: number;
  /** Stock at which it orders next, for plots of the stock; left out where the policy has no such level. */
  readonly reorderPoint?: number;
  /** Values to order now; 0 for none. Asked when the stock falls to `alertAt`, and at the end of each step of ten milliseconds after. */
  order(view: StockView): number;
  /** An order arrived. Called before its values count as stock, oldest first. */
  delivered?(count: number, view: StockView): void;
  /**
   * A second is over, with the demand it had. A positive answer orders so many values, a negative one gives so many back at once (no
   * more than are on hand), 0 does nothing. The only place where a policy learns of time passing.
   */
  secondEnded?(demand: number, view: StockView): number;
}

/** From the decision to usable stock. The same moment has the same answer, whoever asks and however often: runs may share one. */
export interface LeadTimes {
  readonly name: string;
  /** When an order placed at `atS` is usable, in seconds since the trace began: later than `atS`, but orders may overtake. */
  usableAtS(atS: number): number;
  /** What the generator's own measurement would call its lead time: a high quantile, not the mean. */
  readonly plannedS: number;
}
