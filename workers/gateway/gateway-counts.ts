/**
 * What the gateway counts of itself: plain numbers, added where things happen, because a hook around every request would cost
 * more than the request. Written out in Prometheus' text format behind the service's own metrics.
 */
import type { ErrorCode } from '../../core/errors.ts';
import { exposition, labelledExposition } from '../runtime/observability/exposition.ts';

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
      ...labelledExposition('seqcast_gateway_next_total', [
        [{ waited: 'no' }, this.nextAtOnce],
        [{ waited: 'yes' }, this.nextWaited],
      ]),
      ...exposition('seqcast_gateway_next_abandoned_total', this.nextAbandoned),
      ...labelledExposition(
        'seqcast_gateway_problems_total',
        [...this.#problems].map(([code, count]) => [{ code }, count] as const),
      ),
    ];
    return `${lines.join('\n')}\n`;
  }
}
