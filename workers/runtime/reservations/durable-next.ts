/**
 * `next` of a sequence whose values come out of the transaction pool, in any process: finds out whose call it is, has whoever runs the
 * pool issue (reservations/issue-desk.ts), and says in values what that says in ordinals.
 */
import { checkName, type SequenceDefinition } from '../../../core/sequence.ts';
import { DEFAULT_CLIENT_TYPE, DEFAULT_SERVICE, sharedStreamId } from '../../../core/stream.ts';
import { NEXT, publishNext } from '../observability/channels.ts';
import { answerOf } from '../pool/answers.ts';
import type { ClientRoutes } from '../service/client-routes.ts';
import type { NextAnswer, NextRequest } from '../service/service.ts';
import type { Issued, IssueRequest } from './issue-desk.ts';

export interface DurableNextOptions {
  readonly issue: (request: IssueRequest) => Promise<Issued>;
  readonly clients: Pick<ClientRoutes, 'route'>;
  /** Of a generation that somebody gave out from: it may be newer than what this process has read so far. */
  readonly definitionOf: (sequence: string, generation: number) => SequenceDefinition | Promise<SequenceDefinition>;
}

export class DurableNext {
  readonly #options: DurableNextOptions;

  constructor(options: DurableNextOptions) {
    this.#options = options;
  }

  async next(request: NextRequest): Promise<NextAnswer> {
    const { issue, definitionOf } = this.#options;
    const { sequence, count, idempotencyKey: key } = request;
    const { generation, intervals, stalled } = await issue({ sequence, count, key, owner: this.#ownerOf(request) });
    if (NEXT.hasSubscribers) publishNext({ id: sharedStreamId(sequence), sequence }, count, stalled);
    const definition = await definitionOf(sequence, generation);
    const taken = intervals.map(({ start, end }) => ({ generation, partition: 0, shard: 0, start, count: end - start, block: 0 }));
    // No block of it can be given back, so none is numbered.
    return answerOf({ sequence, definition, incarnation: '', stalled }, taken);
  }

  #ownerOf({ clientId, clientType = DEFAULT_CLIENT_TYPE, service = DEFAULT_SERVICE }: NextRequest): string {
    const route = clientId === undefined ? { clientType, service } : this.#options.clients.route(clientId);
    checkName('client type', route.clientType);
    checkName('service', route.service);
    return `${route.clientType}/${route.service}${clientId === undefined ? '' : ` ${clientId}`}`;
  }
}
