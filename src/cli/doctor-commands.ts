import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { createLogger } from '../logging.js';
import { EXIT } from '../process/exit.js';
import { examine } from '../program/doctor.js';
import { sanitizeText } from '../sanitize/index.js';
import { printJson, printLine } from './print.js';
import { AS_JSON, configWith, type DataFlag, EMBEDDED_DATA } from './shared-options.js';

/** Adds `opsledger doctor`. */
export function registerDoctorCommands(program: Command): void {
  program
    .command('doctor')
    .description(
      'look at every server that is configured and say what to do; exits with 1 if something is wrong',
    )
    .option(...EMBEDDED_DATA)
    .option(...AS_JSON)
    .action(doctor);
}

async function doctor(flags: DataFlag & { readonly json?: true }): Promise<void> {
  const config = configWith(flags);
  const found = await examine({ config, clock: systemClock, logger: createLogger('silent') });
  const findings = found.map((finding) => ({ ...finding, detail: sanitizeText(finding.detail) }));
  if (flags.json) printJson(findings);
  else for (const { part, state, detail } of findings) printLine(`${state.padEnd(8)} ${part}: ${detail}`);
  if (findings.some(({ state }) => state === 'wrong')) process.exitCode = EXIT.failed;
}
