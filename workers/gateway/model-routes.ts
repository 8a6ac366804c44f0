/** Models that are trained: the registry, putting one into service and taking it out, and having one trained. */
import { MODEL_DETAILS_SCHEMA, MODEL_SCHEMA, ROLLED_BACK_SCHEMA } from './answer-schemas.ts';
import { bodySchema, choiceField, numberField, readBody, textField } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { listSchema, objectSchema } from './wire-schemas.ts';

const TAG = 'models';

const TRAINING_FIELDS = {
  kind: choiceField('`full` from the beginning, or `fine-tune` of the model in service.', ['full', 'fine-tune']),
  steps: numberField('Steps of the training; left out, as many as a scheduled one has.'),
  seed: numberField('The same seed and history give the same model.'),
};
const ROLLBACK_FIELDS = { family: textField('Family of the model; `lstm` where it is left out.') };

export const MODEL_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/models',
    tag: TAG,
    summary: 'Trained models, newest first',
    answer: { status: 200, description: 'Each with its state and why.', schema: listSchema('models', MODEL_SCHEMA) },
    errors: [],
    intake: false,
    handler:
      ({ service }) =>
      async () => ({ models: await service.models() }),
  },
  {
    method: 'GET',
    path: '/v1/models/{version}',
    tag: TAG,
    summary: 'One model with its card, as data and as a page',
    answer: { status: 200, description: 'The model.', schema: MODEL_DETAILS_SCHEMA },
    errors: ['SEQ_UNKNOWN_MODEL', 'SEQ_MODEL_INVALID'],
    intake: false,
    handler:
      ({ service }) =>
      (request) =>
        service.model(param(request, 'version')),
  },
  {
    method: 'POST',
    path: '/v1/models/{version}/promote',
    tag: TAG,
    summary: 'Puts a model into service, whatever the gate said of it',
    answer: { status: 200, description: 'The model.', schema: MODEL_SCHEMA },
    errors: ['SEQ_UNKNOWN_MODEL', 'SEQ_MODEL_INVALID'],
    intake: true,
    handler:
      ({ service }) =>
      (request) =>
        service.promoteModel(param(request, 'version')),
  },
  {
    method: 'POST',
    path: '/v1/models/rollback',
    tag: TAG,
    summary: 'Takes the model in service out of it; its predecessor takes over, or none',
    body: { schema: bodySchema(ROLLBACK_FIELDS), required: false },
    answer: { status: 200, description: 'What was rolled back, and what is in service now.', schema: ROLLED_BACK_SCHEMA },
    errors: ['SEQ_UNKNOWN_MODEL', 'SEQ_INVALID_REQUEST'],
    intake: true,
    handler: rollbackHandler,
  },
  {
    method: 'POST',
    path: '/v1/trainings',
    tag: TAG,
    summary: 'Has a model trained by a job',
    body: { schema: bodySchema(TRAINING_FIELDS), required: false },
    answer: { status: 202, description: 'The job: see `/v1/jobs/{id}`.', schema: objectSchema('TrainingJob') },
    errors: ['SEQ_INVALID_REQUEST'],
    intake: true,
    handler: trainingHandler,
  },
];

function rollbackHandler({ service }: GatewayContext): Handler {
  return (request) => service.rollBackModel(readBody(request.body ?? {}, ROLLBACK_FIELDS).family);
}

function trainingHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const { kind = 'full', ...rest } = readBody(request.body ?? {}, TRAINING_FIELDS);
    const answer = await service.train({ kind, ...rest });
    reply.code(202);
    return answer;
  };
}
