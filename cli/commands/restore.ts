/** `seqcast restore`: makes a data directory, or a PostgreSQL, that went back in time safe to serve from, or shows what that takes. */
import type { Command } from 'commander';
import { SequenceError } from '../../core/errors.ts';
import type { AuditReport } from '../../workers/runtime/service/service.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption, numberOf } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { confirmedIn, type Declarations, merged, upToOf } from '../restore/declarations.ts';
import type { NumbersPlan } from '../restore/numbers-plan.ts';
import type { RestorePlan, Step } from '../restore/restore-plan.ts';

const EXAMPLES = `
Examples:
  $ seqcast restore --data-dir data --issued-up-to orders=184000
      shows what would happen; add --yes to do it
  $ seqcast restore --data-dir data --from-copy damaged-data --yes
      takes what was given out since from another copy, whose server is stopped as well
  $ seqcast restore --data-dir data --issued-up-to orders=184000 --confirmed invoices=invoices.csv --yes
      numbers without a gap: those in the file are in use, all others are given out again
  $ seqcast restore --postgres postgres://seqcast@db/seqcast --kafka kafka:9092 --confirmed-up-to invoices=4711 --yes
      the transaction pool's database, after it was restored or failed over; all else of the installation goes on
`;

/** What `seqcast up` creates the topics with, unless told otherwise. */
const PARTITIONS_DEFAULT = 4;

interface Flags extends JsonOption {
  readonly dataDir?: string;
  readonly postgres?: string;
  readonly kafka?: string;
  readonly partitions: number;
  readonly exportDir?: string;
  readonly issuedUpTo?: Declarations;
  readonly confirmedUpTo?: Declarations;
  readonly confirmed?: Declarations;
  readonly fromCopy?: string;
  readonly nothingSince?: boolean;
  readonly reason: string;
  readonly yes?: boolean;
}

interface Restored extends RestorePlan {
  readonly dataDir: string;
  readonly done: boolean;
  readonly audit?: AuditReport;
}

export function addRestore(program: Command, cli: CliContext): void {
  const command = program
    .command('restore')
    .description(
      'Makes a data directory, or a PostgreSQL, that was restored, copied, or cut off safe to serve from. Shows what it would do, unless --yes.',
    )
    .option('--data-dir <dir>', 'the directory, whose server is stopped; with --postgres the one that holds the ledger')
    .option('--postgres <url>', "the transaction pool's database is what is to be restored")
    .option('--kafka <brokers>', 'with --postgres: the ledger is in Kafka, as host:port,host:port')
    .option('--partitions <n>', 'with --kafka: partitions of the topics, as `seqcast up` was given', numberOf, PARTITIONS_DEFAULT)
    .option('--export-dir <dir>', 'with --postgres: where `seqcast ledger trim` has put what it cut off the ledger')
    .option('--issued-up-to <name=value>', 'the furthest value that may have been given out since; repeat it for each sequence', upToOf)
    .option('--confirmed-up-to <name=value>', 'a gapless sequence: every number up to this one is in use, or none', upToOf)
    .option('--confirmed <name=file>', 'a gapless sequence: the numbers in use are in the first column of this CSV file', confirmedIn)
    .option(
      '--from-copy <dir or url>',
      'another copy that knows more, whose server is stopped: what it claimed, and confirmed, counts as given out',
    )
    .option('--nothing-since', 'nothing was given out since the copy was made, of any sequence that is not named')
    .option('--reason <text>', 'why, for whoever reads the history of a number later', 'the data directory was restored')
    .option('--yes', 'do it')
    .addHelpText('after', EXAMPLES);
  jsonOption(command).action(async (flags: Flags) => {
    if (flags.postgres !== undefined) return await restoreNumbers(cli, flags, flags.postgres);
    const answer = await planned(flags);
    writeAnswer(cli, flags, answer, () => restoredText(answer));
    if (answer.problems.length > 0 || answer.audit?.ok === false) cli.exitCode = EXIT_CODES.failed.code;
  });
}

async function planned(flags: Flags): Promise<Restored> {
  const { directoryFacts } = await import('../restore/directory-facts.ts');
  const { restorePlan } = await import('../restore/restore-plan.ts');
  const { dataDir, fromCopy, reason } = flags;
  if (dataDir === undefined)
    throw new SequenceError('SEQ_CONFIG_INVALID', 'give --data-dir, or --postgres with the ledger that belongs to it');
  const here = await directoryFacts(dataDir);
  const copy = fromCopy === undefined ? undefined : await directoryFacts(fromCopy);
  const confirmed = merged(flags.confirmedUpTo ?? new Map(), flags.confirmed ?? new Map());
  const plan = restorePlan({ here, copy, issued: flags.issuedUpTo ?? new Map(), confirmed, isNothingSince: flags.nothingSince === true });
  if (flags.yes !== true) return { dataDir, done: false, ...plan };
  if (plan.problems.length > 0) throw new SequenceError('SEQ_CONFIG_INVALID', `nothing was changed: ${plan.problems.join('; ')}`);
  const { restore } = await import('../restore/restoring.ts');
  return { dataDir, done: true, ...plan, audit: await restore({ dataDir, plan, here, reason }) };
}

async function restoreNumbers(cli: CliContext, flags: Flags, postgres: string): Promise<void> {
  if (flags.issuedUpTo !== undefined)
    throw new SequenceError('SEQ_CONFIG_INVALID', '--issued-up-to is not needed with --postgres: the ledger knows what was granted');
  const { restoreNumbers: restore } = await import('../restore/numbers-restoring.ts');
  const { dataDir, kafka, partitions: partitionCount, exportDir, fromCopy, reason, nothingSince, yes } = flags;
  const confirmed = merged(flags.confirmedUpTo ?? new Map(), flags.confirmed ?? new Map());
  const isNothingSince = nothingSince === true;
  const isDone = yes === true;
  const plan = await restore({ dataDir, kafka, partitionCount, postgres, exportDir, fromCopy, reason, confirmed, isNothingSince, isDone });
  writeAnswer(cli, flags, { done: isDone && plan.verdict !== 'may-serve', ...plan }, () => databaseText(plan, isDone));
  if (plan.problems.length > 0) cli.exitCode = EXIT_CODES.failed.code;
}

function databaseText({ verdict, steps, problems }: NumbersPlan, isDone: boolean): string {
  if (verdict === 'may-serve') return 'The database is the one that was written last: there is nothing to restore.\n';
  const what = {
    'life-not-recorded': 'The database does not know the life that wrote last: it is a copy, an old primary, or an earlier state.',
    'changes-missing': 'The database lacks changes that were acknowledged: it was restored, or its standby lagged.',
  }[verdict];
  const end = isDone
    ? 'The database is restored: whoever stands by begins within seconds, and `seqcast audit` accounts for all of it.'
    : 'Nothing was changed: this is what `seqcast restore --yes` would do.';
  return `${[what, ...steps.flatMap(stepLines), ...problems.map((problem) => `missing: ${problem}`), end].join('\n')}\n`;
}

function restoredText({ dataDir, done, lost, steps, problems, audit }: Restored): string {
  const lines = [
    ...(lost === undefined ? [] : [lost]),
    ...steps.flatMap(stepLines),
    ...problems.map((problem) => `missing: ${problem}`),
    ...(done ? auditLines(audit) : ['Nothing was changed: this is what `seqcast restore --yes` would do.']),
  ];
  const risk = 'Served as it is, a directory that went back in time gives out again what it gave out since; nothing inside it can tell.';
  return `${[...(done ? [`${dataDir} is restored`] : [risk]), ...lines].join('\n')}\n`;
}

function stepLines(step: Step): string[] {
  const { sequence } = step;
  if (step.kind === 'as-it-is') return [`${sequence}: stays as it is: ${step.because}`];
  if (step.kind === 'skip') {
    const lapsed = `${step.claimed} values were claimed here: whatever of them was not given out yet never is`;
    return [`${sequence}: a new generation goes on at ${step.start}; ${lapsed}`];
  }
  const { confirms, givesAgain, cancelled, goesOnAt, inDoubt } = step;
  const again = `${givesAgain} that are not in use are given out again; then it goes on at ${goesOnAt}`;
  return [
    `${sequence}: ${confirms} numbers are recorded as confirmed, by restore; ${again}`,
    ...(cancelled.length > 0 ? [`${sequence}: ${cancelled.length} reservations that are open here are cancelled`] : []),
    ...inDoubt.map(({ first, last }) => `${sequence}: in doubt: ${numbersText(first, last)} only reserved in the other copy; look for it`),
  ];
}

function numbersText(first: bigint, last: bigint): string {
  return first === last ? `${first} was` : `${first} to ${last} were`;
}

function auditLines(audit: AuditReport | undefined): string[] {
  if (audit === undefined) return [];
  const { ok, problems, accounts } = audit;
  const doubtful = accounts.filter(({ inDoubt }) => inDoubt > 0);
  return [
    ...doubtful.map(
      ({ sequence, generation, inDoubt }) => `${sequence}, generation ${generation}: ${inDoubt} values are in doubt, and never given out`,
    ),
    ...problems.map((problem) => `problem: ${problem}`),
    ok ? 'ok: every claimed value is accounted for' : 'NOT ok: do not serve from it before this is understood',
  ];
}
