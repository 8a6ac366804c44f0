/** `tsx test/chaos/checker/main.ts DIRECTORY`: judges what a run left there; exits 1 where something that was promised did not hold. */
import { judge } from './check.ts';
import { readHistory } from './lines.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('which directory?');
const judgement = judge(readHistory(directory));
process.stdout.write(`${JSON.stringify(judgement)}\n`);
process.exitCode = judgement.ok ? 0 : 1;
