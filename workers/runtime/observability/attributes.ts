/** Names of what spans say: those of OpenTelemetry's HTTP conventions, and ours under `seqcast.`. */
export const ATTRIBUTES = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  path: 'url.path',
  errorType: 'error.type',
  sequence: 'seqcast.sequence',
} as const;
