/** Waits for a job to end. */
import { setTimeout } from 'node:timers/promises';
import type { JobView } from '../pipelines/ports.ts';
import type { CliContext, ServerOptions } from './cli-context.ts';
import { callServer, path } from './server-call.ts';
import { ShareProgress } from './share-progress.ts';

/** How often a job is asked how far it is. */
const ASK_MS = 500;

/** Says how far it is where a person looks at it, and how long it still takes once it is under way. */
export async function untilEnded(cli: CliContext, options: ServerOptions, job: string): Promise<JobView> {
  const progress = new ShareProgress(cli.err);
  let [said, share] = ['', 0];
  for (;;) {
    const view = (await callServer(cli, options, { method: 'GET', path: path`/v1/jobs/${job}` })) as JobView;
    if (view.state === 'done' || view.state === 'dead') {
      progress.end();
      return view;
    }
    const note = view.note ?? view.state;
    if (options.json !== true) {
      // A job that waited, or that another process goes on with, has not taken since then for what is done.
      if (share === 0 || view.progress < share) progress.begin(view.progress);
      share = view.progress;
      if (note !== said) {
        progress.end();
        cli.err.write(`${note}\n`);
      } else progress.tell(share, (percent) => `job ${job}: ${percent}`);
    }
    said = note;
    await setTimeout(ASK_MS);
  }
}
