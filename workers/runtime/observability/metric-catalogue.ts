/**
 * Every metric there is: kind, meaning, labels and which processes export it. Metrics are made from here by name, and a name that is not here
 * does not compile; docs/reference/metrics.md and worker-metrics.md are drawn from here, and the alerts and the dashboard are held to it.
 *
 * A name begins with `seqcast_`, ends in its unit (seconds, bytes, ratio, or what is counted) and, where it only grows, in `_total`. What
 * applications and alerts of others read is not renamed.
 */

/** What a label tells apart. Each has a bounded number of values; there is none for streams or clients, whose number nobody bounds. */
export const LABELS = {
  sequence: 'a sequence',
  pool: 'a pool, by its name',
  topic: 'a topic of Kafka',
  partition: 'a partition of a topic',
  engine: '`kafka`, `routes` (the route table) or `jobs` (the job queue)',
  family: 'a family of forecast models',
  quantile: 'a quantile of a forecast: 0.05, 0.5 or 0.95',
  outcome: 'what became of a reservation',
  reason: 'why, of a closed list',
  waited: 'whether a call waited for an allocation: `yes` or `no`',
  code: 'an error code: [errors](errors.md)',
} as const;

export type LabelName = keyof typeof LABELS;
export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** One process with a data directory is `embedded`; the others are the roles of processes on Kafka and Redis. */
export type Exporter = 'embedded' | 'gateway' | 'allocator' | 'forecaster' | 'filler' | 'jobs';

export interface Metric<K extends MetricKind = MetricKind, L extends LabelName = LabelName> {
  readonly kind: K;
  readonly help: string;
  readonly exporters: readonly Exporter[];
  readonly labels: readonly L[];
}

const WORKERS: readonly Exporter[] = ['gateway', 'allocator', 'forecaster', 'filler', 'jobs'];
const EVERY: readonly Exporter[] = ['embedded', ...WORKERS];
/** The pool that serves, and the transaction pool, which runs beside a filler. */
const POOLS: readonly Exporter[] = ['embedded', 'filler'];
const FORECASTING: readonly Exporter[] = ['embedded', 'forecaster'];
const GATEWAYS: readonly Exporter[] = ['embedded', 'gateway'];
const MODELS: readonly Exporter[] = ['embedded', 'gateway', 'forecaster', 'jobs'];

/** Upper bounds of the buckets of every histogram, in seconds: all of them measure one step of the way to usable stock. */
export const BUCKETS_S: readonly number[] = [0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const of =
  <K extends MetricKind>(kind: K) =>
  <L extends LabelName = never>(exporters: readonly Exporter[], help: string, ...labels: readonly L[]): Metric<K, L> => ({
    kind,
    help,
    exporters,
    labels,
  });

const counter = of('counter');
const gauge = of('gauge');
const histogram = of('histogram');

export const METRICS = {
  // Calls.
  seqcast_requests_total: counter(POOLS, 'Requests for values.', 'sequence'),
  seqcast_stalls_total: counter(POOLS, 'Requests that waited for an allocation.', 'sequence'),
  seqcast_issued_values_total: counter(POOLS, 'Values taken out of the stock.', 'sequence'),
  seqcast_given_back_values_total: counter(POOLS, 'Values that clients gave back.', 'sequence'),
  seqcast_waiting_values: gauge(POOLS, 'Values that callers wait for.', 'sequence'),
  seqcast_gateway_next_total: counter(EVERY, 'Answers of POST next, by whether they waited for an allocation.', 'waited'),
  seqcast_gateway_next_abandoned_total: counter(EVERY, 'Callers of next that had hung up when their values came.'),
  seqcast_gateway_problems_total: counter(EVERY, 'Requests answered with a problem, by its code.', 'code'),
  seqcast_gateway_stalls_total: counter(['gateway'], 'Calls of this gateway that waited for an allocation.'),
  seqcast_connected_pools: gauge(['gateway'], 'Pools that live and are connected.'),
  seqcast_value_requests_answered_total: counter(['gateway'], 'Requests over Kafka that were answered.'),
  seqcast_value_requests_refused_total: counter(['gateway'], 'Requests over Kafka that were answered with an error, or put aside.'),

  // Stock.
  seqcast_stock_values: gauge(POOLS, 'Unissued values in stock.', 'sequence'),
  seqcast_reorder_point_values: gauge(POOLS, 'Sum of the stocks at which streams order.', 'sequence'),
  seqcast_shards_loaded_total: counter(POOLS, 'Shards loaded into the stock.', 'sequence'),
  seqcast_lead_time_seconds: histogram(POOLS, 'From an order to usable stock.'),
  seqcast_fill_time_seconds: histogram(['filler'], 'From the decision of an allocator to usable stock.'),
  seqcast_pool_held: gauge(['filler'], 'Pools that this filler holds: 1, one for every primary of a Redis Cluster, 0 while it stands by.'),

  // The ledger.
  seqcast_allocations_total: counter(['embedded'], 'Shards allocated, as read back from the ledger.'),
  seqcast_allocated_values_total: counter(['embedded'], 'Values allocated, as read back from the ledger.'),
  seqcast_returns_total: counter(['embedded'], 'Shards asked back by the allocator.'),
  seqcast_shards_returned_total: counter(['embedded'], 'Shards closed by a return, as read back from the ledger.'),
  seqcast_returned_values_total: counter(['embedded'], 'Values given back to the ledger.'),
  seqcast_lost_pools_total: counter(['embedded', 'allocator'], 'Lives of pools that were closed as lost.'),
  seqcast_ledger_records_total: counter(EVERY, 'Ledger records folded since the start.'),
  seqcast_rejected_records_total: counter(EVERY, 'Ledger records that lost at the log.'),
  seqcast_open_shards: gauge(EVERY, 'Shards that are allocated and not closed.'),
  seqcast_indexed_shards: gauge(GATEWAYS, 'Shards in the index that says who got a value: 0 until somebody asks.'),
  seqcast_shard_index_bytes: gauge(GATEWAYS, 'Bytes of the columns of that index.'),

  // Allocators, and where streams are.
  seqcast_owned_partitions: gauge(['allocator'], 'Partitions that this allocator answers for at once.'),
  seqcast_taken_over_orders_total: counter(['allocator'], 'Orders answered because their owner did not.'),
  seqcast_moves_total: counter(['allocator'], 'Moves of streams between pools that this allocator began, by reason.', 'reason'),
  seqcast_pool_load_ratio: gauge(['allocator'], "Share of a pool's capacity that its streams will use, by their forecasts.", 'pool'),
  seqcast_draining_streams: gauge(['allocator'], 'Streams that a draining pool still has.', 'pool'),

  // Engines.
  seqcast_engine_up: gauge(WORKERS, '1 while an engine answers, 0 while it does not.', 'engine'),
  seqcast_kafka_lag_records: gauge(WORKERS, 'Records that this process has still to read.', 'topic', 'partition'),
  seqcast_dead_letters_total: counter(WORKERS, 'Records that could not be read or applied.'),

  // The value space.
  seqcast_sequence_exhaustion_seconds: gauge(
    GATEWAYS,
    'Time until the last value of a sequence is allocated, as forecast: early (0.05), likely (0.5), late (0.95).',
    'sequence',
    'quantile',
  ),
  seqcast_sequence_left_values: gauge(GATEWAYS, 'Values that no pool holds yet; absent where the sequence cycles.', 'sequence'),

  // Forecasts and models.
  seqcast_forecasts_total: counter(FORECASTING, 'Forecasts made.'),
  seqcast_forecast_streams: gauge(FORECASTING, 'Streams with a forecast.'),
  seqcast_expert_forecasts_total: counter(FORECASTING, 'Forecasts of fitted models that were folded, by family.', 'family'),
  seqcast_expert_forecasts_dropped_total: counter(FORECASTING, 'Forecasts of fitted models that were turned away, by reason.', 'reason'),
  seqcast_expert_refusals_total: counter(FORECASTING, 'Questions that fitted models had no usable answer to, by reason.', 'reason'),
  seqcast_expert_weight: gauge(
    FORECASTING,
    'Share of each family in the upper quantile, mean over the streams that it speaks of.',
    'family',
  ),
  seqcast_forecast_refreshes_total: counter(FORECASTING, 'Rounds in which fitted models were asked.'),
  seqcast_forecast_refresh_failures_total: counter(FORECASTING, 'Rounds that ended early because models could not be asked.'),
  seqcast_forecast_refresh_seconds: gauge(FORECASTING, 'What the last round took.'),
  seqcast_model_problems: gauge(FORECASTING, 'Models that should answer and do not.'),
  seqcast_model_rollbacks_total: counter(MODELS, 'Models that were taken out of service, as heard since the start.'),
  seqcast_unusable_models: gauge(MODELS, 'Models that should be in service and cannot be used here.'),
  seqcast_model_trained_until_seconds: gauge(MODELS, 'Until when the model in service was trained, as Unix time.', 'family'),

  // Numbers without a gap.
  seqcast_reservations_total: counter(POOLS, 'Answers of the transaction pool, by what became of the reservation.', 'sequence', 'outcome'),
  seqcast_open_reservations: gauge(POOLS, 'Reservations that are neither confirmed nor ended.', 'sequence'),
  seqcast_given_up_values: gauge(POOLS, 'Numbers that were given up and not reserved again.', 'sequence'),
  seqcast_reservable_values: gauge(POOLS, 'Numbers that the transaction pool can reserve now.', 'sequence'),
  seqcast_reservation_groups_total: counter(POOLS, 'Groups of commands that the store of the transaction pool committed.'),
  seqcast_reservation_commands_total: counter(POOLS, 'Commands in those groups.'),
  seqcast_reservation_commit_seconds: histogram(POOLS, 'How long the store took for a group.'),
  seqcast_reservation_log_seconds: histogram(POOLS, 'How long the ledger took to accept the count of changes of a group.'),
  seqcast_transaction_pool_held: gauge(POOLS, '1 while this process runs the transaction pool, 0 while it stands by.'),
  seqcast_transaction_pool_lives_total: counter(POOLS, 'Lives of the transaction pool that began in this process.'),
  seqcast_transaction_pool_fenced_total: counter(POOLS, 'Lives of it that ended because another process had taken over.'),
} as const;

type Catalogue = typeof METRICS;
export type MetricName = keyof Catalogue;
export type LabelsOf<N extends MetricName> = Catalogue[N] extends Metric<MetricKind, infer L> ? L : never;

type NamesOf<K extends MetricKind> = { [N in MetricName]: Catalogue[N]['kind'] extends K ? N : never }[MetricName];
export type TimesName = NamesOf<'histogram'>;
/** Counters and gauges with labels, those whose only label is the sequence, and those without. */
export type LabelledName = { [N in MetricName]: [LabelsOf<N>] extends [never] ? never : N }[MetricName];
export type BySequenceName = { [N in LabelledName]: [LabelsOf<N>] extends ['sequence'] ? N : never }[LabelledName];
export type PlainName = Exclude<NamesOf<'counter' | 'gauge'>, LabelledName>;

/** Values by their labels. */
export type Labelled<L extends LabelName = LabelName> = readonly (readonly [Readonly<Record<L, string>>, number])[];
