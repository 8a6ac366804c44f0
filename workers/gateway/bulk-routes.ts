/** Many values at once, by a job: into a file or a topic, or as a column of a file. How far a job is, and how it ended, `/v1/jobs/{id}` says. */
import { BULK_COUNT_MAX, BULK_FORMATS, BULK_SERVICE, TOPIC_FORMATS } from '../runtime/bulk/bulk-order.ts';
import { bodySchema, choiceField, nameField, numberField, readBody, textField } from './body-field.ts';
import type { GatewayContext, Handler, Route } from './context.ts';
import { objectSchema } from './wire-schemas.ts';

const TAG = 'bulk';

const CALLER_FIELDS = {
  sequence: textField('The sequence.'),
  clientType: nameField('client type', `Kind of caller; \`${BULK_SERVICE}\` where left out.`),
  service: nameField('service', `What the values are for; \`${BULK_SERVICE}\` where left out.`),
};
const FILE = 'Name of the file to write, in the directory of bulk files; it must not be there yet.';
const ISSUE_FIELDS = {
  ...CALLER_FIELDS,
  file: textField(FILE),
  topic: textField('Instead of a file: a topic of Kafka, one of those that the operator allows.'),
  count: numberField(`How many values, 1 to ${BULK_COUNT_MAX}.`),
  format: choiceField(
    'By the ending of the file where left out: .parquet, .csv, .jsonl (ranges). In a topic: values, a record each, or ranges.',
    [...new Set([...BULK_FORMATS, ...TOPIC_FORMATS])],
  ),
};
const STAMP_FIELDS = {
  ...CALLER_FIELDS,
  file: textField(FILE),
  input: textField('Name of the file to read, Parquet or CSV, in the directory of bulk files.'),
  column: textField('Name of the column of values; the file has none of that name.'),
};
const ISSUE_REQUIRED = ['sequence', 'count'] as const;
const STAMP_REQUIRED = ['sequence', 'file', 'input', 'column'] as const;
const ANSWER = { status: 202, description: 'The job: see `/v1/jobs/{id}`.', schema: objectSchema('BulkJob') } as const;
const ERRORS = ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_INVALID_NAME', 'SEQ_INVALID_REQUEST', 'SEQ_UNSUPPORTED'] as const;

export const BULK_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/jobs/issue',
    tag: TAG,
    summary: 'Has a job write values into a file: exactly so many',
    body: { schema: bodySchema(ISSUE_FIELDS, ISSUE_REQUIRED), required: true },
    answer: ANSWER,
    errors: [...ERRORS, 'SEQ_INVALID_COUNT', 'SEQ_TOPIC_FORBIDDEN'],
    intake: true,
    handler: issueHandler,
  },
  {
    method: 'POST',
    path: '/v1/jobs/stamp',
    tag: TAG,
    summary: 'Has a job write a file again with a column of values, one a row',
    body: { schema: bodySchema(STAMP_FIELDS, STAMP_REQUIRED), required: true },
    answer: ANSWER,
    errors: ERRORS,
    intake: true,
    handler: stampHandler,
  },
];

function issueHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const answer = await service.issue(readBody(request.body, ISSUE_FIELDS, ISSUE_REQUIRED));
    reply.code(202);
    return answer;
  };
}

function stampHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const answer = await service.stamp(readBody(request.body, STAMP_FIELDS, STAMP_REQUIRED));
    reply.code(202);
    return answer;
  };
}
