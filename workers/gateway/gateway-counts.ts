/**
 * What the gateway counts of itself: plain numbers, added where things happen, because a hook around every request would cost
 * more than the request. Written out in Prometheus' text format behind the service's own metrics.
 */
import type { ErrorCode } from '../../core/errors.ts';

export class GatewayCounts {
  /** Answers of `next` that were sent at once, and those that had to wait. */
  nextAtOnce = 0;
  nextWaited = 0;
  /** Waiting callers who had hung up when their values came. */
  nextAbandoned = 0;
  readonly #problems = new Map<ErrorCode, number>();

  problem(code: ErrorCode): void {
    this.#problems.set(code, (this.#problems.get(code) ?? 0) + 1);
  }

  text(): string {
    const lines = [
      '# HELP seqcast_gateway_next_total Answers of POST next, by whether they waited for an allocation.',
      '# TYPE seqcast_gateway_next_total counter',
      `seqcast_gateway_next_total{waited="no"} ${this.nextAtOnce}`,
      `seqcast_gateway_next_total{waited="yes"} ${this.nextWaited}`,
      '# HELP seqcast_gateway_next_abandoned_total Callers of next that had hung up when their values came.',
      '# TYPE seqcast_gateway_next_abandoned_total counter',
      `seqcast_gateway_next_abandoned_total ${this.nextAbandoned}`,
      '# HELP seqcast_gateway_problems_total Requests answered with a problem, by its code.',
      '# TYPE seqcast_gateway_problems_total counter',
      ...[...this.#problems].map(([code, count]) => `seqcast_gateway_problems_total{code="${code}"} ${count}`),
    ];
    return `${lines.join('\n')}\n`;
  }
}
