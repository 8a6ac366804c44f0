/** What every route of the gateway works with. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../../core/errors.ts';
import type { SeqcastService } from '../runtime/service/service.ts';
import type { JsonSchema } from './body-field.ts';
import type { GatewayCounts } from './gateway-counts.ts';
import type { GatewaySecurity } from './security/security.ts';

export interface GatewayContext {
  readonly service: SeqcastService;
  readonly counts: GatewayCounts;
  /** What every answer carries, for those that are written without the framework. */
  readonly headers: Readonly<Record<string, string>>;
  /** Set once, when the process begins to drain: intake is refused from then on. */
  draining: boolean;
  /** Ends what would keep a connection open for good; called once, when the process begins to drain or the server closes. */
  readonly endless: Set<() => void>;
  /** Left out where whoever made the gateway lets everybody in. */
  readonly security: GatewaySecurity | undefined;
  /** Left out where no route of another generator is answered. */
  readonly compat?: CompatNames | undefined;
}

export interface CompatNames {
  /** Sequences of keys that are called otherwise here. */
  readonly names: ReadonlyMap<string, string>;
  /** Values that a client of TinyID fetches at a time. */
  readonly segment: number;
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** One way in. The table of these is what the server serves and what the OpenAPI page shows. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As OpenAPI writes it: `/v1/sequences/{name}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, JsonSchema>>;
  readonly headers?: Readonly<Record<string, JsonSchema>>;
  readonly body?: RouteBody;
  readonly answer: RouteAnswer;
  /** Codes a caller should expect here, beside those that every route may give. */
  readonly errors: readonly ErrorCode[];
  /** Takes something new in, and is refused while the process drains. */
  readonly intake: boolean;
  handler(context: GatewayContext): Handler;
  /** Around whatever stands before the handler: where callers know another way to say who they are, and to hear what is wrong. */
  around?(handler: Handler, context: GatewayContext): Handler;
}

export interface RouteBody {
  readonly schema: JsonSchema;
  readonly required: boolean;
}

export interface RouteAnswer {
  readonly status: number;
  readonly description: string;
  /** JSON of this shape; left out where there is no body. */
  readonly schema?: JsonSchema;
  /** Another content type than JSON. */
  readonly contentType?: string;
  /** The other success there is: what was there already, or would have been done. */
  readonly also?: { readonly status: number; readonly description: string; readonly schema: JsonSchema };
}

/** Path parameters are text, decoded by the router. */
export function param(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? '';
}
