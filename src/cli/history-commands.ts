import type { Command } from 'commander';
import { verifyHistory, verifyHistoryFile } from '../ledger/verify-history.js';
import { EXIT } from '../process/exit.js';
import { onInstallation, tenantIdFrom } from './installation.js';
import { printJson, printLine } from './print.js';
import { AS_JSON, type DataFlag, EMBEDDED_DATA } from './shared-options.js';

/** Most broken places that are printed; the rest are only counted. */
const PRINTED_MAX = 100;

/** Adds `opsledger history verify`. */
export function registerHistoryCommands(program: Command): void {
  const history = program.command('history').description('check the event log as evidence');
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
    const extent = `${report.events} events in ${report.streams} streams, to position ${report.position}`;
    printLine(
      report.brokenCount === 0 ? `whole: ${extent}` : `not whole: ${report.brokenCount} of ${extent}`,
    );
  }
  if (report.brokenCount > 0) process.exitCode = EXIT.failed;
}
