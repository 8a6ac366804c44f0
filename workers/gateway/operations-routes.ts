/** What operators look after: records that were put aside, and jobs. */

import { SequenceError } from '../../core/errors.ts';
import type { JobState } from '../../pipelines/ports.ts';
import { DEAD_LETTER_SCHEMA, JOB_SCHEMA } from './answer-schemas.ts';
import { invalidRequest, shown } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { listSchema, objectSchema } from './wire-schemas.ts';

const TAG = 'operations';
const LISTED_DEFAULT = 100;
/** More is nothing that a person reads; the topic and the queue have the rest. */
const LISTED_MAX = 1_000;
const STATES: readonly JobState[] = ['waiting', 'delayed', 'running', 'done', 'dead'];
const LIMIT_QUERY = { limit: { type: 'integer', minimum: 1, maximum: LISTED_MAX, default: LISTED_DEFAULT } } as const;

export const OPERATIONS_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/dead-letters',
    tag: TAG,
    summary: 'Records that could not be read or applied, newest first',
    query: LIMIT_QUERY,
    answer: { status: 200, description: 'Where each came from, and why.', schema: listSchema('deadLetters', DEAD_LETTER_SCHEMA) },
    errors: ['SEQ_INVALID_REQUEST'],
    intake: false,
    handler:
      ({ service }) =>
      async (request) => ({ deadLetters: await service.deadLetters(limitOf(request.query)) }),
  },
  {
    method: 'POST',
    path: '/v1/dead-letters/{id}/replay',
    tag: TAG,
    summary: 'Appends the record to its topic once more',
    answer: { status: 202, description: 'The record.', schema: DEAD_LETTER_SCHEMA },
    errors: ['SEQ_UNKNOWN_JOB', 'SEQ_INVALID_REQUEST'],
    intake: true,
    handler: replayHandler,
  },
  {
    method: 'GET',
    path: '/v1/jobs',
    tag: TAG,
    summary: 'Jobs of one state: rollups, audits, trainings',
    query: { state: { type: 'string', enum: [...STATES], default: 'dead' }, ...LIMIT_QUERY },
    answer: { status: 200, description: 'The jobs.', schema: listSchema('jobs', JOB_SCHEMA) },
    errors: ['SEQ_INVALID_REQUEST'],
    intake: false,
    handler: jobsHandler,
  },
  {
    method: 'GET',
    path: '/v1/jobs/{id}',
    tag: TAG,
    summary: 'One job: how far it is, or how it ended',
    answer: { status: 200, description: 'The job.', schema: JOB_SCHEMA },
    errors: ['SEQ_UNKNOWN_JOB'],
    intake: false,
    handler:
      ({ service }) =>
      (request) =>
        service.job(param(request, 'id')),
  },
  {
    method: 'POST',
    path: '/v1/jobs/{id}/revive',
    tag: TAG,
    summary: 'Runs a dead job again',
    answer: { status: 202, description: 'It waits for its turn.', schema: objectSchema('Revived') },
    errors: ['SEQ_UNKNOWN_JOB'],
    intake: true,
    handler: reviveHandler,
  },
];

function replayHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const letter = await service.replayDeadLetter(param(request, 'id'));
    reply.code(202);
    return letter;
  };
}

function jobsHandler({ service }: GatewayContext): Handler {
  return async (request) => {
    const { state = 'dead' } = request.query as { state?: unknown };
    const known = STATES.find((each) => each === state);
    if (known === undefined) throw invalidRequest(`state ${shown(state)} is not one of ${STATES.join(', ')}`);
    return { jobs: await service.jobs(known, limitOf(request.query)) };
  };
}

function reviveHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const id = param(request, 'id');
    if (!(await service.reviveJob(id))) throw new SequenceError('SEQ_UNKNOWN_JOB', `there is no dead job ${id}`, { id });
    reply.code(202);
    return { revived: id };
  };
}

function limitOf(query: unknown): number {
  const { limit = LISTED_DEFAULT } = query as { limit?: unknown };
  const number = Number(limit);
  if (Number.isInteger(number) && number >= 1 && number <= LISTED_MAX) return number;
  throw invalidRequest(`limit ${shown(limit)} is not a whole number from 1 to ${LISTED_MAX}`);
}
