/** What the last day of a stream would have been, had an idle value cost more or less against an allocation. */
import { COST_RATIO_MAX, COST_RATIO_MIN } from '../runtime/insight/cost-ratio.ts';
import type { WhatIf, WhatIfRun } from '../runtime/insight/what-if.ts';
import { COST_RATIOS_MAX } from '../runtime/insight/what-if-desk.ts';
import { AT_MS, COUNT, listOf, NUMBER, oneOf, said, shapeOf, TEXT } from './answer-shape.ts';
import { invalidRequest, shown } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';

/** As many numbers with all their digits. */
const RATIOS_LENGTH_MAX = 100;

const RUN_SCHEMA = shapeOf<WhatIfRun>('The day under one cost ratio.', {
  costRatio: said(NUMBER, 'What an idle value costs against an allocation: 1 as with burn cost none, 16 low, 256 high.'),
  aimedPerHour: said(NUMBER, 'Allocations an hour that the rule aims at.'),
  idleValueHours: said(NUMBER, 'So many values that lie idle for an hour cost as much as one allocation.'),
  idleMean: said(NUMBER, 'Values in stock; idleMax the most at any time.'),
  idleMax: NUMBER,
  stalled: said(NUMBER, 'Values that were not there when they were asked for.'),
  stalledPpm: NUMBER,
  allocations: COUNT,
  allocationsPerHour: NUMBER,
  returns: COUNT,
  orderMean: said(NUMBER, 'Size of an order; orderMax that of the largest.'),
  orderMax: NUMBER,
  stock: said(listOf(NUMBER), 'Mean stock of each step.'),
});

const WHAT_IF_SCHEMA = shapeOf<WhatIf>('A day under several cost ratios.', {
  stream: TEXT,
  fromMs: AT_MS,
  toMs: AT_MS,
  leadTimeMs: said(NUMBER, 'What every order took.'),
  burnCost: said(oneOf('none', 'low', 'high'), 'As the sequence is defined now.'),
  demanded: said(NUMBER, 'Values asked for.'),
  stepMs: said(NUMBER, 'Length of a step of demand and stock.'),
  demand: said(listOf(NUMBER), 'Values a second of each step.'),
  now: said(RUN_SCHEMA, 'Under the present ratio.'),
  runs: said(listOf(RUN_SCHEMA), 'Under each ratio that was asked for, in that order.'),
});

export const WHAT_IF_ROUTE: Route = {
  method: 'GET',
  path: '/v1/streams/{sequence}/{clientType}/{service}/what-if',
  tag: 'insight',
  summary: 'The last day of a stream, replayed under other ratios of what idle stock and what allocations cost',
  query: {
    costRatio: {
      type: 'string',
      maxLength: RATIOS_LENGTH_MAX,
      default: '',
      description: `Up to ${COST_RATIOS_MAX} numbers from ${COST_RATIO_MIN} to ${COST_RATIO_MAX}, with commas between; none: only as it is now.`,
      examples: ['16', '0.25,4,16,256'],
    },
  },
  answer: { status: 200, description: 'Idle stock, stalls, allocations and order sizes of each.', schema: WHAT_IF_SCHEMA },
  errors: ['SEQ_INVALID_NAME', 'SEQ_UNKNOWN_STREAM', 'SEQ_UNSUPPORTED', 'SEQ_TOO_MANY_WAITING', 'SEQ_WAIT_TIMEOUT'],
  // It may take seconds: a process that drains begins none.
  intake: true,
  handler: whatIfHandler,
};

function whatIfHandler({ service }: GatewayContext): Handler {
  return (request) => {
    const stream = ['sequence', 'clientType', 'service'].map((part) => param(request, part)).join('/');
    return service.whatIf(stream, ratiosOf((request.query as { costRatio?: unknown }).costRatio));
  };
}

/** What the numbers may be is judged where the day is replayed. */
function ratiosOf(given: unknown): readonly number[] {
  if (given === undefined || given === '') return [];
  if (typeof given !== 'string' || given.length > RATIOS_LENGTH_MAX)
    throw invalidRequest(`costRatio ${shown(given)} is not a list of numbers`);
  return given.split(',').map((text) => {
    const ratio = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(ratio)) return ratio;
    throw invalidRequest(`costRatio ${shown(text)} is not a number`);
  });
}
