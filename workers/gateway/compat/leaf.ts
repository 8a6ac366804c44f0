/**
 * Leaf's two routes: a number as plain text; whatever is wrong is status 500 and a word of its own, of which there are three. Its snowflake
 * route is answered from the sequence of that name too: unique, not made of time.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { NextAnswer } from '../../runtime/service/service.ts';
import { type GatewayContext, type Handler, param, type Route } from '../context.ts';
import { answeringErrors, OF_THE_DOOR, SPRING_ERROR_SCHEMA, sequenceNamed, springError, TEXT_TYPE } from './answers.ts';

/** Leaf's own: not ready, no such key, nothing at hand. */
const NOT_READY = -1;
const UNKNOWN_KEY = -2;
const NOTHING_AT_HAND = -3;

export const LEAF_ROUTES: readonly Route[] = ['segment', 'snowflake'].map((kind) => ({
  method: 'GET',
  path: `/api/${kind}/get/{key}`,
  tag: 'compatibility',
  summary: `As Leaf answers: the next value of the sequence of that name${kind === 'snowflake' ? ', which is not made of time' : ''}; where \`compat\` has leaf`,
  answer: {
    status: 200,
    description: 'The value, and nothing else.',
    contentType: 'text/plain',
    also: { status: 500, description: '`Result{id=-1|-2|-3, status=EXCEPTION}`, as Leaf says it.', schema: SPRING_ERROR_SCHEMA },
  },
  errors: [],
  intake: true,
  handler: leafHandler,
  around: (handler: Handler, context: GatewayContext) => answeringErrors(handler, leafError(context)),
}));

function leafHandler(context: GatewayContext): Handler {
  const { service, counts } = context;
  const text = ({ blocks }: NextAnswer): string => String(blocks[0]?.start);
  return (request, reply) => {
    const answer = service.next({ sequence: sequenceNamed(context, param(request, 'key')), count: 1 });
    reply.header('content-type', TEXT_TYPE);
    if (answer instanceof Promise) {
      return answer.then((late) => {
        counts.nextWaited += 1;
        return text(late);
      });
    }
    counts.nextAtOnce += 1;
    reply.send(text(answer));
    return undefined;
  };
}

function leafError({ counts }: GatewayContext): Parameters<typeof answeringErrors>[1] {
  return (error, request, reply) => {
    if (!(error instanceof SequenceError) || OF_THE_DOOR.has(error.code)) throw error;
    counts.problem(error.code);
    const message = param(request, 'key') === '' ? 'Key is none' : `Result{id=${resultOf(error)}, status=EXCEPTION}`;
    return springError(request, reply, 500, message, error);
  };
}

function resultOf({ code }: SequenceError): number {
  if (code === 'SEQ_UNKNOWN_SEQUENCE' || code === 'SEQ_INVALID_NAME') return UNKNOWN_KEY;
  return code === 'SEQ_NOT_READY' ? NOT_READY : NOTHING_AT_HAND;
}
