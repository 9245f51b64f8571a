import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { type Config, readConfig } from '../config.js';
import { createLogger } from '../logging.js';
import { EXIT } from '../process/exit.js';
import { examine } from '../program/doctor.js';
import { sanitizeText } from '../sanitize/index.js';
import { printJson, printLine } from './installation.js';

/** Adds `opsledger doctor`. */
export function registerDoctorCommands(program: Command): void {
  program
    .command('doctor')
    .description(
      'look at every server that is configured and say what to do; exits with 1 if something is wrong',
    )
    .option('--data <dir>', 'data folder, where servers are embedded')
    .option('--json', 'print JSON')
    .action(doctor);
}

async function doctor(flags: { readonly data?: string; readonly json?: true }): Promise<void> {
  const config: Config = readConfig(
    process.env,
    flags.data === undefined ? {} : { OPSLEDGER_DATA: flags.data },
  );
  const found = await examine({ config, clock: systemClock, logger: createLogger('silent') });
  const findings = found.map((finding) => ({ ...finding, detail: sanitizeText(finding.detail) }));
  if (flags.json) printJson(findings);
  else for (const { part, state, detail } of findings) printLine(`${state.padEnd(8)} ${part}: ${detail}`);
  if (findings.some(({ state }) => state === 'wrong')) process.exitCode = EXIT.failed;
}
