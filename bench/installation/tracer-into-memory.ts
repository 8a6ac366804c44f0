/**
 * Loaded before a server by `--import`: spans are made, handed over when they end, and counted; nothing is sent anywhere. What an SDK's
 * processor and exporter would cost is no part of it. `SPANS_COUNTED` names the file that has the count when the process is over.
 */
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { type RecordedSpan, registerTracer } from './recording-tracer.ts';

const file = process.env['SPANS_COUNTED'];
/** Kept, so that no compiler finds out that a span is made for nothing. */
const newest: RecordedSpan[] = [];
let spans = 0;

registerTracer((span) => {
  spans += 1;
  newest[0] = span;
});
// A thread of the server has the tracer, too, and nothing to count.
if (file !== undefined && isMainThread) process.once('exit', () => writeFileSync(file, String(spans)));
