/**
 * The commands of `seqcast`. Each file under `commands/` declares its own and loads what it needs only when it runs, so that
 * `seqcast next` does not wait for a server, a simulator or a schema library that it never uses.
 */
import { Command } from 'commander';
import { VERSION } from '../core/version.ts';
import type { CliContext } from './cli-context.ts';
import { addAcl } from './commands/acl.ts';
import { addAdopt } from './commands/adopt.ts';
import { addAnnounce } from './commands/announce.ts';
import { addArchive } from './commands/archive.ts';
import { addAudit } from './commands/audit.ts';
import { addBacktest } from './commands/backtest.ts';
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addImport } from './commands/import.ts';
import { addInit } from './commands/init.ts';
import { addInsight } from './commands/insight.ts';
import { addIssue } from './commands/issue.ts';
import { addKeys } from './commands/keys.ts';
import { addLedger } from './commands/ledger.ts';
import { addMembers } from './commands/members.ts';
import { addModels } from './commands/models.ts';
import { addNext } from './commands/next.ts';
import { addObserve } from './commands/observe.ts';
import { addOperations } from './commands/operations.ts';
import { addPools } from './commands/pools.ts';
import { addProfiles } from './commands/profiles.ts';
import { addReplay } from './commands/replay.ts';
import { addReservations } from './commands/reservations.ts';
import { addRestore } from './commands/restore.ts';
import { addSequences } from './commands/sequences.ts';
import { addStack } from './commands/stack.ts';
import { addTune } from './commands/tune.ts';
import { addUp } from './commands/up.ts';
import { addWhatIf } from './commands/what-if.ts';
import { addWho } from './commands/who.ts';
import { addWorkshop } from './commands/workshop.ts';
import { addExamples } from './examples.ts';
import { styled, terminalOf } from './terminal.ts';

/** Of help that goes into a pipe. */
const HELP_COLUMNS = 80;

export function createProgram(cli: CliContext): Command {
  const program = new Command('seqcast')
    .description('Gives out sequence values that are never given out twice, and forecasts how many each consumer will need before it asks.')
    .version(VERSION)
    .option('--no-color', 'no colours (NO_COLOR), as in a pipe; FORCE_COLOR has them there too')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.out.write(text),
      writeErr: (text) => cli.err.write(text),
      getOutHelpWidth: () => terminalOf(cli.out, cli.env).columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => terminalOf(cli.err, cli.env).columns ?? HELP_COLUMNS,
      getOutHasColors: () => terminalOf(cli.out, cli.env, cli.isPlain).hasColours,
      getErrHasColors: () => terminalOf(cli.err, cli.env, cli.isPlain).hasColours,
      // Said by `run.ts`, in the form that all failures have.
      outputError: () => undefined,
    })
    // commander takes the colours out again where they do not help.
    .configureHelp({ styleTitle: (title) => styled('bold', title, { hasColours: true }) })
    .helpCommand(false)
    .hook('preAction', (_, command) => {
      const key: unknown = command.getOptionValue('apiKey');
      if (typeof key !== 'string') return;
      cli.apiKey = key;
      command.setOptionValue('apiKey', undefined);
    });
  for (const add of [
    addUp,
    addSequences,
    addNext,
    addReservations,
    addIssue,
    addInsight,
    addWhatIf,
    addMembers,
    addPools,
    addOperations,
    addModels,
    addWho,
    addArchive,
    addProfiles,
    addAnnounce,
    addAudit,
    addReplay,
    addBacktest,
    addTune,
    addObserve,
    addImport,
    addAdopt,
    addKeys,
    addAcl,
    addLedger,
    addRestore,
    addWorkshop,
    addStack,
    addDoctor,
    addInit,
    addCompletion,
  ])
    add(program, cli);
  addExamples(program);
  return program;
}
