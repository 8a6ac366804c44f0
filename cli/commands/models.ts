/** `train` and `models`: has a model trained, and looks after those that were. */
import type { Command } from 'commander';
import { SequenceError } from '../../core/errors.ts';
import type { ModelDetails, ModelView, RolledBack } from '../../workers/runtime/training/model-views.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { numberOf, serverOptions } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { untilEnded } from '../job-end.ts';
import { callServer, path } from '../server-call.ts';
import { table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface TrainOptions extends ServerOptions {
  readonly full?: boolean;
  readonly fineTune?: boolean;
  readonly steps?: number;
  readonly seed?: number;
  readonly wait?: boolean;
}

export function addModels(program: Command, cli: CliContext): void {
  serverOptions(
    program
      .command('train')
      .description('Has a model trained on what streams asked for; the gate promotes it where it is better than the one in service.')
      .option('--full', 'from the beginning (the default)')
      .option('--fine-tune', 'go on from the model in service, on the newest day')
      .option('--steps <n>', 'steps of the training', numberOf)
      .option('--seed <n>', 'the same seed and history give the same model', numberOf)
      .option('--wait', 'wait until it ends, and say how'),
  ).action((options: TrainOptions) => train(cli, options));

  const models = program.command('models').description('Models that were trained: which there are, which is in service.');
  serverOptions(models.command('list').description('Lists them, newest first.')).action(async (options: ServerOptions) => {
    const answer = (await callServer(cli, options, { method: 'GET', path: '/v1/models' })) as { readonly models: readonly ModelView[] };
    writeAnswer(cli, options, answer, (terminal) => modelsText(answer.models, terminal));
  });
  serverOptions(
    models
      .command('show')
      .argument('<version>', 'as `models list` shows it')
      .description('Shows the card of one: what it was trained on, and how good it was on days it had not seen.'),
  ).action(async (version: string, options: ServerOptions) => {
    const model = (await callServer(cli, options, { method: 'GET', path: path`/v1/models/${version}` })) as ModelDetails;
    writeAnswer(cli, options, model, () => `${model.model} is ${stateText(model)}\n\n${model.page}`);
  });
  serverOptions(
    models
      .command('promote')
      .argument('<version>', 'as `models list` shows it')
      .description('Puts a model into service, whatever the gate said of it.'),
  ).action(async (version: string, options: ServerOptions) => {
    const model = (await callServer(cli, options, { method: 'POST', path: path`/v1/models/${version}/promote` })) as ModelView;
    writeAnswer(cli, options, model, () => `${model.model} is ${stateText(model)}\n`);
  });
  serverOptions(
    models
      .command('rollback')
      .option('--family <name>', 'family of the model (default: lstm)')
      .description('Takes the model in service out of it; its predecessor takes over, or none.'),
  ).action(async ({ family, ...options }: ServerOptions & { readonly family?: string }) => {
    const body = family === undefined ? {} : { family };
    const answer = (await callServer(cli, options, { method: 'POST', path: '/v1/models/rollback', body })) as RolledBack;
    const after = answer.inService ?? 'no model of that family';
    writeAnswer(cli, options, answer, () => `${answer.rolledBack} was rolled back; ${after} is in service now\n`);
  });
}

async function train(cli: CliContext, { full, fineTune, steps, seed, wait, ...options }: TrainOptions): Promise<void> {
  if (full === true && fineTune === true) throw new SequenceError('SEQ_CONFIG_INVALID', '--full and --fine-tune exclude each other');
  const body = {
    kind: fineTune === true ? 'fine-tune' : 'full',
    ...(steps !== undefined && { steps }),
    ...(seed !== undefined && { seed }),
  };
  const { job } = (await callServer(cli, options, { method: 'POST', path: '/v1/trainings', body })) as { readonly job: string };
  if (wait !== true) {
    writeAnswer(cli, options, { job }, () => `job ${job} trains a model: \`seqcast jobs list --state running\` says how far it is\n`);
    return;
  }
  const ended = await untilEnded(cli, options, job);
  const { trained, model, promoted, because } = (ended.result ?? {}) as Partial<TrainingAnswer>;
  if (ended.state === 'dead' || trained !== true) cli.exitCode = EXIT_CODES.failed.code;
  writeAnswer(cli, options, { job, state: ended.state, ...(ended.result as object | undefined), error: ended.error }, () => {
    if (ended.state === 'dead') return `job ${job} failed: ${ended.error ?? ''}\n`;
    if (trained !== true) return `nothing was trained: ${because ?? ''}\n`;
    return `${model ?? ''} was trained and ${promoted === true ? 'promoted' : 'not promoted'}: ${because ?? ''}\n`;
  });
}

interface TrainingAnswer {
  readonly trained: boolean;
  readonly model: string;
  readonly promoted: boolean;
  readonly because: string;
}

function modelsText(models: readonly ModelView[], terminal: Terminal): string {
  if (models.length === 0) return 'no model was trained yet: `seqcast train`\n';
  const rows = models.map(({ model, state, kind, steps, streams, loss, improvement, trainedUntilMs, because }) => [
    model,
    state,
    timeText(trainedUntilMs),
    kind ?? '',
    steps ?? '',
    streams ?? '',
    loss ?? '',
    improvement === undefined ? '' : `${(improvement * 100).toFixed(1)} %`,
    because,
  ]);
  return table(['model', 'state', 'trained until', 'training', 'steps', 'streams', 'loss', 'saves', 'because'], rows, terminal);
}

function stateText({ state, because }: ModelView): string {
  const word = {
    champion: 'in service',
    former: 'next in line',
    challenger: 'not in service',
    'rolled-back': 'rolled back',
    damaged: 'damaged',
  };
  return because === '' ? word[state] : `${word[state]}: ${because}`;
}
