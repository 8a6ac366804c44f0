/** Waits for a job to end. */
import { setTimeout } from 'node:timers/promises';
import type { JobView } from '../pipelines/ports.ts';
import type { CliContext, ServerOptions } from './cli-context.ts';
import { callServer, path } from './server-call.ts';

/** How often a job is asked how far it is. */
const ASK_MS = 500;

/** Says how far it is where a person looks at it. */
export async function untilEnded(cli: CliContext, options: ServerOptions, job: string): Promise<JobView> {
  let said = '';
  for (;;) {
    const view = (await callServer(cli, options, { method: 'GET', path: path`/v1/jobs/${job}` })) as JobView;
    if (view.state === 'done' || view.state === 'dead') return view;
    const note = view.note ?? view.state;
    if (note !== said && options.json !== true) cli.err.write(`${note}\n`);
    said = note;
    await setTimeout(ASK_MS);
  }
}
