import type { Command } from 'commander';
import { systemChance, systemClock } from '../clock.js';
import { verifyHistory, verifyHistoryFile } from '../ledger/verify-history.js';
import { createLogger } from '../logging.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { acceptHistory } from '../program/accept-history.js';
import { count } from '../wording/number-words.js';
import { commandLineChange, type Installation, onInstallation, tenantIdFrom } from './installation.js';
import { printJson, printLine } from './print.js';
import { AS_JSON, type DataFlag, EMBEDDED_DATA } from './shared-options.js';

const STOP_FIRST = 'A process of the product still runs. Stop all of them first; nothing was changed.';
/** Most broken places that are printed; the rest are only counted. */
const PRINTED_MAX = 100;

/** Adds `opsledger history verify` and `opsledger history accept`. */
export function registerHistoryCommands(program: Command): void {
  const history = program.command('history').description('check the event log, and follow it as it is');
  history
    .command('verify')
    .description(
      'read the log and say whether every event still follows the one before it; exits with 1 if not',
    )
    .option('--tenant <tenant>', 'only the streams of this tenant')
    .option('--file <path>', 'a downloaded history (JSON lines) instead of the log; needs no server')
    .option(...EMBEDDED_DATA)
    .option(...AS_JSON)
    .action(verify);
  history
    .command('accept')
    .description(
      'after an older copy of the log was put back: take the log as it is for that of this database, while no process runs',
    )
    .option(...EMBEDDED_DATA)
    .action(accept);
}

interface VerifyFlags extends DataFlag {
  readonly tenant?: string;
  readonly file?: string;
  readonly json?: true;
}

async function verify(flags: VerifyFlags): Promise<void> {
  const report =
    flags.file === undefined
      ? await onInstallation(flags, (installation) =>
          verifyHistory(installation.ledger.log, {
            tenantId: flags.tenant === undefined ? undefined : tenantIdFrom(installation, flags.tenant),
          }),
        )
      : await verifyHistoryFile(flags.file);
  if (flags.json) printJson(report);
  else {
    for (const { stream, revision, reason } of report.broken.slice(0, PRINTED_MAX))
      printLine(`broken: ${stream}@${revision}: ${reason}`);
    const extent = `${count(report.events, 'event')} in ${count(report.streams, 'stream')}, to position ${report.position}`;
    printLine(
      report.brokenCount === 0 ? `whole: ${extent}` : `not whole: ${report.brokenCount} of ${extent}`,
    );
  }
  if (report.brokenCount > 0) process.exitCode = EXIT.failed;
}

async function accept(flags: DataFlag): Promise<void> {
  const work = async (installation: Installation) => {
    if (installation.isRunning) throw new CommandFailure(STOP_FIRST);
    const logger = createLogger('warn');
    const acceptance = await acceptHistory({
      ...installation,
      clock: systemClock,
      chance: systemChance,
      logger,
      change: commandLineChange(),
    });
    if (acceptance.kind === 'in-use') throw new CommandFailure(STOP_FIRST);
    if (acceptance.kind === 'unchanged') {
      printLine('The log holds what was seen of it: there is nothing to accept.');
      return;
    }
    const found = acceptance.found ?? 'nothing was remembered of it';
    printLine(
      `Accepted the log as it is: ${found}. What was recorded after that is gone. ` +
        'The next projector builds the read models anew.',
    );
  };
  await onInstallation(flags, work, { acceptHistory: true });
}
