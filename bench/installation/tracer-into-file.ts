/** Loaded before a process by `--import`: every span that ends is a line of JSON in the file that `SPANS_FILE` names. */
import { appendFileSync } from 'node:fs';
import { registerTracer } from './recording-tracer.ts';

const file = process.env['SPANS_FILE'] ?? '';
registerTracer((span) => appendFileSync(file, `${JSON.stringify({ ...span, pid: process.pid })}\n`));
