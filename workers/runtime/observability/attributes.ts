/** Names of what spans say: those of OpenTelemetry's HTTP and messaging conventions, and ours under `seqcast.`. */
import type { Attributes } from '@opentelemetry/api';

export const ATTRIBUTES = {
  status: 'http.response.status_code',
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

/** Of a request over HTTP. Written out: names that are computed cost more than all the rest of a span. */
export function requestAttributes(method: string, route: string, path: string, sequence: string | undefined): Attributes {
  if (sequence === undefined) return { 'http.request.method': method, 'http.route': route, 'url.path': path };
  return { 'http.request.method': method, 'http.route': route, 'url.path': path, 'seqcast.sequence': sequence };
}
