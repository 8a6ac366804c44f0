/** Callers of a sequence at the gateways of an installation, until they are told that it is over. */
export class GatewayCallers {
  /** Answers of any kind, and those that were refusals. */
  answers = 0;
  failures = 0;
  protected readonly gateways: readonly string[];
  protected readonly sequence: string;
  protected isOver = false;

  constructor(gateways: readonly string[], sequence: string) {
    this.gateways = gateways;
    this.sequence = sequence;
  }

  end(): void {
    this.isOver = true;
  }

  /** Whoever got no answer asks again, at the next gateway; what no further attempt could help is thrown. */
  protected async insist<T>(
    path: string,
    body: object,
    { key, attempts }: { readonly key?: string | undefined; readonly attempts: number },
  ): Promise<T> {
    const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
    for (let attempt = 0; ; attempt++) {
      const gateway = this.gateways[attempt % this.gateways.length];
      const response = await fetch(`${gateway}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      this.answers++;
      const said = (await response.json()) as T & { readonly retriable?: boolean };
      if (response.ok) return said;
      this.failures++;
      if (said.retriable !== true || attempt > attempts) throw new Error(`${path}: ${JSON.stringify(said)}`);
    }
  }
}
