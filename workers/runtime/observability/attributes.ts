/** Names of what spans say: those of OpenTelemetry's HTTP and messaging conventions, and ours under `seqcast.`. */
export const ATTRIBUTES = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  path: 'url.path',
  errorType: 'error.type',
  messagingSystem: 'messaging.system',
  destination: 'messaging.destination.name',
  sequence: 'seqcast.sequence',
  stream: 'seqcast.stream',
  pool: 'seqcast.pool',
  /** Values: of a request, or of a shard. */
  count: 'seqcast.count',
  /** True where the call had to wait for an allocation. */
  stalled: 'seqcast.stalled',
} as const;
