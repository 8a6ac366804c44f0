/** `tsx test/chaos/gapless/checker/main.ts DIRECTORY`: judges what a campaign left there; exits 1 where something promised did not hold. */
import { judge } from './judge.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('which directory?');
const judgement = await judge(directory);
process.stdout.write(`${JSON.stringify(judgement)}\n`);
process.exitCode = judgement.ok ? 0 : 1;
