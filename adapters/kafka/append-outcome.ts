/** What a produce request that failed says about its records: surely not written, or nobody knows. */

export type AppendOutcome =
  /** Not written, and it can be tried again. */
  | 'not-written'
  /** Not written, and trying again would not help. */
  | 'refused'
  | 'unknown';

// Answers of a broker that wrote nothing. Whoever asked for several partitions is told of one: what of the others is not known.
const BY_TYPE: Readonly<Record<string, AppendOutcome>> = {
  NOT_LEADER_FOR_PARTITION: 'not-written',
  LEADER_NOT_AVAILABLE: 'not-written',
  UNKNOWN_TOPIC_OR_PARTITION: 'not-written',
  NOT_ENOUGH_REPLICAS: 'not-written',
  MESSAGE_TOO_LARGE: 'refused',
  RECORD_LIST_TOO_LARGE: 'refused',
  INVALID_TOPIC_EXCEPTION: 'refused',
  TOPIC_AUTHORIZATION_FAILED: 'refused',
  CLUSTER_AUTHORIZATION_FAILED: 'refused',
};

/** What happened before anything was sent. */
const NEVER_SENT = /^Not connected$/;

export function appendOutcome(error: unknown, partitions: number): AppendOutcome {
  const { type, name, message } = error as { type?: unknown; name?: unknown; message?: unknown };
  if (name === 'KafkaJSConnectionError' && NEVER_SENT.test(String(message))) return 'not-written';
  if (partitions !== 1 || typeof type !== 'string') return 'unknown';
  return BY_TYPE[type] ?? 'unknown';
}
