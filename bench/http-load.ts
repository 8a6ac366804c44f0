/** Requests to one address over some connections, as fast as they are answered or at a pace. */
import autocannon from 'autocannon';

export const CONNECTIONS = 32;

export interface HttpLoad {
  readonly seconds: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Requests a second at most; as many as there can be where left out. */
  readonly perSecond?: number | undefined;
}

/** Requests answered a second; a failure of any ends the bench. */
export async function requestRate(url: string, { seconds, body, headers = {}, perSecond }: HttpLoad): Promise<number> {
  const result = await autocannon({
    ...{ url, method: 'POST', body, connections: CONNECTIONS, duration: seconds },
    headers: { 'content-type': 'application/json', ...headers },
    ...(perSecond !== undefined && { overallRate: perSecond }),
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers of ${url} were not 2xx, ${result.errors} requests failed`);
  return result.requests.average;
}
