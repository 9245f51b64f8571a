/**
 * What only the tests need from the system: nats-server and Chromium. Runs before them (`pretest`); on Debian as
 * root it installs what is missing, elsewhere it says what is missing and the tests that need it are skipped,
 * except under CI=true, where that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const installTimeoutMs = 10 * 60_000;

/**
 * @typedef {object} SystemPart
 * @property {string} title what people call it
 * @property {string} variable the environment variable that names its path
 * @property {readonly string[]} commands what it may be called on the PATH
 * @property {string} debianPackage
 */

/** @type {Readonly<Record<'natsServer' | 'chromium', SystemPart>>} */
export const systemParts = Object.freeze({
  natsServer: {
    title: 'nats-server',
    variable: 'OPSLEDGER_NATS_SERVER',
    commands: ['nats-server'],
    debianPackage: 'nats-server',
  },
  chromium: {
    title: 'Chromium',
    variable: 'OPSLEDGER_CHROMIUM',
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    debianPackage: 'chromium',
  },
});

/**
 * Where a part is, or `undefined`. A path named by the environment counts alone: if nothing is there, the part is
 * missing.
 * @param {SystemPart} part
 * @returns {string | undefined}
 */
export function findSystemPart(part) {
  const named = process.env[part.variable];
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined;
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  return folders
    .filter((folder) => folder !== '')
    .flatMap((folder) => part.commands.map((command) => join(folder, command)))
    .find((path) => existsSync(path));
}

/**
 * Why a part isn't there and how to get it, in one sentence.
 * @param {SystemPart} part
 */
export function missingReason(part) {
  return (
    `${part.title} is missing: install it (Debian: apt-get install ${part.debianPackage}) ` +
    `or set ${part.variable} to its path`
  );
}

function missingParts() {
  return Object.values(systemParts).filter((part) => findSystemPart(part) === undefined);
}

function canInstall() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

/** @param {readonly string[]} args */
function aptGet(args) {
  const { status, stderr, error } = spawnSync('apt-get', args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: installTimeoutMs,
  });
  if (status === 0) return true;
  console.error(`apt-get ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}`);
  return false;
}

/** @param {readonly SystemPart[]} parts */
function install(parts) {
  const packages = parts.map((part) => part.debianPackage);
  console.error(`installing for the tests: ${packages.join(', ')}`);
  if (!aptGet(['update', '-qq'])) return;
  aptGet(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}

function main() {
  // A path that the environment names wrongly is the caller's to put right; installing wouldn't change it.
  const installable = missingParts().filter((part) => !process.env[part.variable]);
  if (installable.length > 0 && canInstall()) install(installable);
  const missing = missingParts();
  for (const part of missing) console.error(missingReason(part));
  if (missing.length === 0) return;
  if (process.env.CI === 'true') process.exitCode = 1;
  else console.error('the tests that need it are skipped');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
