/**
 * How long the stock on hand would have lasted against the demand that really came, asked now and then. The answer lies in the
 * future, so questions wait for it, ordered by the demand at which they are answered.
 */

/** Stock that lasts longer is as good as stock that lasts a day. */
const LASTS_S_MAX = 86_400;
/** Half of what is kept may be a day old: sweeping the rest out now and then is cheaper than looking at each. */
const SWEPT_ABOVE = 4_096;

export class Autonomy {
  /** A binary heap: total demand at which the stock is gone, and when it was asked. */
  private goneAt: number[] = [];
  private askedS: number[] = [];
  private answers = 0;
  private sumS = 0;
  private leastS = LASTS_S_MAX;

  /** Asks about so much on hand, when `total` had been asked for. */
  ask(second: number, total: number, onHand: number): void {
    if (onHand <= 0) {
      this.answer(0);
      return;
    }
    if (this.goneAt.length >= SWEPT_ABOVE) this.sweep(second);
    this.push(total + onHand, second);
  }

  /** A second's demand comes on top of `total`. */
  pass(second: number, total: number, demand: number): void {
    const after = total + demand;
    for (let gone = this.goneAt[0]; gone !== undefined && gone < after; gone = this.goneAt[0]) {
      const lastedS = second + (gone - total) / demand - (this.askedS[0] ?? 0);
      this.answer(lastedS);
      this.pop();
    }
  }

  /** What is not gone at the end is taken to go on at the mean rate. */
  minutes(endS: number, total: number, meanRate: number): { mean: number; min: number } {
    let { sumS, answers, leastS } = this;
    for (let i = 0; i < this.goneAt.length; i++) {
      const restS = meanRate > 0 ? ((this.goneAt[i] ?? 0) - total) / meanRate : LASTS_S_MAX;
      const lastedS = Math.min(LASTS_S_MAX, endS - (this.askedS[i] ?? 0) + restS);
      sumS += lastedS;
      leastS = Math.min(leastS, lastedS);
      answers++;
    }
    return answers === 0 ? { mean: 0, min: 0 } : { mean: sumS / answers / 60, min: leastS / 60 };
  }

  private answer(lastedS: number): void {
    const known = Math.min(LASTS_S_MAX, lastedS);
    this.answers++;
    this.sumS += known;
    if (known < this.leastS) this.leastS = known;
  }

  private sweep(second: number): void {
    const { goneAt, askedS } = this;
    this.goneAt = [];
    this.askedS = [];
    for (let i = 0; i < goneAt.length; i++) {
      const asked = askedS[i] ?? 0;
      if (second - asked >= LASTS_S_MAX) this.answer(LASTS_S_MAX);
      else this.push(goneAt[i] ?? 0, asked);
    }
  }

  private push(gone: number, asked: number): void {
    const { goneAt, askedS } = this;
    let at = goneAt.length;
    for (let parent = (at - 1) >> 1; at > 0 && (goneAt[parent] ?? 0) > gone; parent = (at - 1) >> 1) {
      goneAt[at] = goneAt[parent] ?? 0;
      askedS[at] = askedS[parent] ?? 0;
      at = parent;
    }
    goneAt[at] = gone;
    askedS[at] = asked;
  }

  private pop(): void {
    const { goneAt, askedS } = this;
    const gone = goneAt.pop() ?? 0;
    const asked = askedS.pop() ?? 0;
    const count = goneAt.length;
    if (count === 0) return;
    let at = 0;
    for (let child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && (goneAt[child + 1] ?? 0) < (goneAt[child] ?? 0)) child++;
      if ((goneAt[child] ?? 0) >= gone) break;
      goneAt[at] = goneAt[child] ?? 0;
      askedS[at] = askedS[child] ?? 0;
      at = child;
    }
    goneAt[at] = gone;
    askedS[at] = asked;
  }
}
