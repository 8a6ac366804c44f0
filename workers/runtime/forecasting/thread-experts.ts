/**
 * Fitted models in a worker thread of their own. It is started for the first question or model, and anew when it was lost, with the
 * models that should serve; who asked meanwhile is told to ask again.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SequenceError } from '../../../core/errors.ts';
import { EXPERT_FAMILIES, type ExpertFamily } from '../../../models/mixture/expert-voices.ts';
import type { FromExpertThread, ToExpertThread } from './expert-words.ts';
import type { Answers, Experts, Question } from './experts.ts';
import type { ServedModel } from './model-source.ts';

/** Histories lie in shared memory: what is in it is small, and a leak must not take the process along. */
const HEAP_MEGABYTES = 512;
/** What a batch leaves behind is a few megabytes: room for more would be filled before it is cleared away. */
const YOUNG_HEAP_MEGABYTES = 6;

interface Waiting {
  readonly resolve: (answers: Answers) => void;
  readonly reject: (error: Error) => void;
}

export interface ThreadExpertsOptions {
  /** Hears of models that cannot be used, and of threads that were lost. */
  readonly onProblem: (message: string) => void;
}

export class ThreadExperts implements Experts {
  readonly #options: ThreadExpertsOptions;
  readonly #wanted = new Map<ExpertFamily, ServedModel>();
  readonly #serving = new Map<string, string>();
  readonly #unusable = new Map<string, string>();
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;
  #isClosed = false;
  /** Threads that ended without being asked to. */
  lost = 0;

  constructor(options: ThreadExpertsOptions) {
    this.#options = options;
  }

  serve(family: ExpertFamily, model: ServedModel | undefined): void {
    if (this.#isClosed) return;
    this.#unusable.delete(family);
    if (model === undefined) {
      this.#wanted.delete(family);
      this.#serving.delete(family);
      // Nothing was loaded by a thread that does not run.
      if (this.#worker !== undefined) this.#tell({ kind: 'serve', family, version: '', bytes: undefined });
      return;
    }
    this.#wanted.set(family, model);
    if (this.#worker === undefined) this.#running();
    else this.#tell({ kind: 'serve', family, ...model });
  }

  serving(family: ExpertFamily): string | undefined {
    return this.#serving.get(family);
  }

  ask(question: Question): Promise<Answers> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new SequenceError('SEQ_CLOSED', 'the models were put away'));
      try {
        const worker = this.#running();
        const id = ++this.#lastId;
        this.#waiting.set(id, { resolve, reject });
        worker.postMessage({ kind: 'ask', id, question } satisfies ToExpertThread);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  problems(): readonly string[] {
    return [...this.#unusable.values()];
  }

  /** Ends the thread as a crash would: it is started again with the next question. */
  async loseThread(): Promise<void> {
    await this.#worker?.terminate();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#rejectAll(new SequenceError('SEQ_CLOSED', 'the models were put away'));
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = startThread();
    this.#worker = worker;
    let fault: unknown;
    worker.on('message', (word: FromExpertThread) => this.#hear(word));
    worker.on('error', (error) => {
      fault = error;
    });
    worker.on('exit', (code) => this.#onExit(worker, fault instanceof Error ? fault.message : `it ended with ${code}`));
    // It must not keep alive a process that has nothing else to do.
    worker.unref();
    for (const [family, model] of this.#wanted) this.#tell({ kind: 'serve', family, ...model });
    return worker;
  }

  #tell(word: ToExpertThread): void {
    this.#worker?.postMessage(word);
  }

  #hear(word: FromExpertThread): void {
    if (word.kind === 'answered' || word.kind === 'failed') {
      const waiting = this.#waiting.get(word.id);
      this.#waiting.delete(word.id);
      if (word.kind === 'answered') waiting?.resolve(word);
      else waiting?.reject(new SequenceError('SEQ_INTERNAL', `a fitted model failed: ${word.message}`));
      return;
    }
    // A later model may have been asked for meanwhile.
    const family = EXPERT_FAMILIES.find((each) => each === word.family);
    if (family === undefined || this.#wanted.get(family)?.version !== word.version) return;
    if (word.kind === 'serving') {
      this.#serving.set(family, word.version);
      this.#unusable.delete(family);
      return;
    }
    const message = `the model ${family}@${word.version} is not used: ${word.message}`;
    this.#unusable.set(family, message);
    this.#options.onProblem(message);
  }

  #onExit(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#serving.clear();
    this.lost++;
    this.#options.onProblem(`the thread of the fitted models was lost: ${why}`);
    this.#rejectAll(new SequenceError('SEQ_INTERNAL', `the thread of the fitted models was lost: ${why}`));
  }

  #rejectAll(error: Error): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(error);
  }
}

function startThread(): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(fromSource ? '../../../dist/workers/runtime/forecasting/expert-thread.js' : './expert-thread.js', import.meta.url);
  if (!existsSync(url)) throw new SequenceError('SEQ_INTERNAL', 'the expert thread is not built: run `npm run build`');
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_HEAP_MEGABYTES };
  return new Worker(url, { resourceLimits, execArgv: [], name: 'seqcast-experts' });
}
