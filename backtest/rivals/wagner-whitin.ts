/**
 * Wagner and Whitin's optimum: knowing all demand, the orders that hold least stock at so many orders an hour. What an order costs is
 * found by halving until the plan has as many as allowed; for each cost the plan is exact to the second, by a lower envelope of lines.
 */
import type { Policy, StockView } from '../harness/policy.ts';
import { coverOfRideThroughS, type ForesightOptions } from './foresight.ts';
import { TrueDemand } from './true-demand.ts';

const HOUR_S = 3_600;
const ORDERS_PER_HOUR = 60;
/** Halvings of the logarithm of the cost: it is met to a per cent, and orders an hour go by its root. */
const HALVINGS = 13;
/** Bounds of an order's cost in value-seconds: below, each second orders; above, one order serves all. */
const COST_MIN = 1e-3;
const COST_MAX = 1e18;
/** Decisions fall on the end of a step of ten milliseconds, deliveries on the start of one. */
const STEP_S = 0.01;

/** Values to have in stock when a second begins: until the next order's second. */
interface PlannedOrder {
  readonly second: number;
  readonly count: number;
}

export function wagnerWhitin(counts: Uint32Array, options: ForesightOptions & { readonly ordersPerHour?: number }): Policy {
  const { leadTimeS, rideThroughS = 0, ordersPerHour = ORDERS_PER_HOUR } = options;
  const aheadS = leadTimeS + coverOfRideThroughS(leadTimeS, rideThroughS) + STEP_S;
  return new Planned(`Wagner-Whitin, ${ordersPerHour} orders an hour`, cheapestOrders(counts, ordersPerHour), aheadS);
}

class Planned implements Policy {
  readonly name: string;
  readonly lostAfterS = Number.POSITIVE_INFINITY;
  readonly returnsAtStop = true;
  private readonly orders: readonly PlannedOrder[];
  private readonly aheadS: number;
  private next = 0;
  /** End of the present second. */
  private untilS = 1;

  constructor(name: string, orders: readonly PlannedOrder[], aheadS: number) {
    this.name = name;
    this.orders = orders;
    this.aheadS = aheadS;
  }

  /** Asked at each step of the seconds in which an order is due, and at no other. */
  get alertAt(): number {
    return this.dueS < this.untilS ? Number.POSITIVE_INFINITY : -1;
  }

  order({ atS }: StockView): number {
    let count = 0;
    for (; this.dueS <= atS; this.next++) count += this.orders[this.next]?.count ?? 0;
    return count;
  }

  secondEnded(_: number, { atS }: StockView): number {
    this.untilS = atS + 1;
    return 0;
  }

  private get dueS(): number {
    return (this.orders[this.next]?.second ?? Number.POSITIVE_INFINITY) - this.aheadS;
  }
}

export function cheapestOrders(counts: Uint32Array, ordersPerHour: number): PlannedOrder[] {
  const demand = new TrueDemand(counts);
  const most = Math.max(1, (counts.length * ordersPerHour) / HOUR_S);
  let low = COST_MIN;
  let high = COST_MAX;
  const planner = new Planner(demand);
  for (let i = 0; i < HALVINGS; i++) {
    const cost = Math.sqrt(low * high);
    if (planner.plan(cost) > most) low = cost;
    else high = cost;
  }
  planner.plan(high);
  return planner.orders();
}

/**
 * With D and T the sums of demand, and of demand times its second, before a second, the least cost before j is
 * f(j) = T(j) + min over i < j of (f(i) + cost − T(i) + i·D(i)) − i·D(j): a minimum of lines, of which slopes fall and questions rise.
 */
class Planner {
  private readonly demand: TrueDemand;
  private readonly times: Float64Array;
  private readonly intercepts: Float64Array;
  private readonly envelope: Int32Array;
  /** Where the order before each second was placed. */
  private readonly orderedAt: Int32Array;

  constructor(demand: TrueDemand) {
    const { seconds, totals } = demand;
    this.demand = demand;
    this.times = new Float64Array(seconds + 1);
    for (let i = 0; i < seconds; i++) this.times[i + 1] = (this.times[i] ?? 0) + i * ((totals[i + 1] ?? 0) - (totals[i] ?? 0));
    this.intercepts = new Float64Array(seconds);
    this.envelope = new Int32Array(seconds);
    this.orderedAt = new Int32Array(seconds + 1);
  }

  /** Plans for what an order costs, and says how many orders there are. */
  plan(cost: number): number {
    const { times, intercepts, envelope, orderedAt } = this;
    const { totals, seconds } = this.demand;
    let least = 0;
    let first = 0;
    let end = 0;
    for (let j = 1; j <= seconds; j++) {
      const i = j - 1;
      const before = totals[i] as number;
      intercepts[i] = least + cost - (times[i] as number) + i * before;
      while (end - first > 1 && this.isHidden(envelope[end - 2] as number, envelope[end - 1] as number, i)) end--;
      envelope[end++] = i;
      const total = totals[j] as number;
      while (end - first > 1 && this.lineAt(envelope[first + 1] as number, total) <= this.lineAt(envelope[first] as number, total)) first++;
      if (total === before) {
        // A second without demand needs no order and holds nothing for itself.
        orderedAt[j] = orderedAt[i] as number;
        continue;
      }
      const order = envelope[first] as number;
      orderedAt[j] = order;
      least = (times[j] as number) + this.lineAt(order, total);
    }
    let count = 0;
    this.walk(() => count++);
    return count;
  }

  orders(): PlannedOrder[] {
    const { demand } = this;
    const orders: PlannedOrder[] = [];
    this.walk((second, until) => orders.push({ second, count: demand.before(until) - demand.before(second) }));
    return orders.reverse();
  }

  /** Back from the end, from each order to the one before it. */
  private walk(visit: (second: number, until: number) => void): void {
    for (let until = this.lastDemanded(this.demand.seconds); until > 0; ) {
      const second = this.orderedAt[until] as number;
      visit(second, until);
      until = this.lastDemanded(second);
    }
  }

  /** The end of the last second with demand that is over by then. */
  private lastDemanded(second: number): number {
    let last = second;
    while (last > 0 && this.demand.before(last - 1) === this.demand.before(last)) last--;
    return last;
  }

  private lineAt(i: number, total: number): number {
    return (this.intercepts[i] as number) - i * total;
  }

  /** The middle one of three lines is nowhere the least. */
  private isHidden(a: number, b: number, c: number): boolean {
    const ofA = this.intercepts[a] as number;
    return ((this.intercepts[c] as number) - ofA) * (b - a) <= ((this.intercepts[b] as number) - ofA) * (c - a);
  }
}
