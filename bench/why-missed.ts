/**
 * Why a figure lies below its bar, by name: what the profile said, and where it is told in full. The page of benchmarks says it beside the
 * miss, and a test fails where one has no reason. Cases of `sizing` say their reasons themselves.
 */

/** Links are seen from `docs/reference`. */
const ADR = '../adr';

export const WHY_MISSED: Readonly<Record<string, string>> = {
  'transaction-sqlite-one': `its promises are 5.5 pages and a thread, where a bare row is one page and none: [24](${ADR}/0024-one-client-of-the-embedded-transaction-pool-waits-for-its-promises.md)`,
  'transaction-postgres': `the row waits for its disk and the pool does not, so a quick disk lowers the ratio: [25](${ADR}/0025-the-ratio-to-a-counter-row-is-that-of-the-disk.md)`,
  'kafka-values': 'an echo that asks Redis once a batch, `kafka-values-ceiling`, is hardly above the bar itself',
  'gateway-redis': `58 µs of processor time a request against 45, and where they go: [34](${ADR}/0034-what-a-value-from-redis-costs-a-gateway.md)`,
  'forecast-refresh-memory': 'at its bar, 599 to 608 MB in five runs: 281 are models and history, about 90 are TensorFlow and its thread',
  simulate: `a seed does more than when the bar was set: [33](${ADR}/0033-what-a-simulated-seed-costs.md)`,
  'mixture: idle stock at equal outages survived': `on \`daily\`, without an LSTM; with one the bar is kept: [27](${ADR}/0027-the-window-decides-what-accuracy-can-be.md)`,
};
