/**
 * What only the tests need from the system: nats-server, Chromium and PgBouncer. Runs before them (`pretest`); on Debian as
 * root it installs what is missing, elsewhere it says what is missing and the tests that need it are skipped,
 * except under CI=true, where that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { missingReason, missingSystemParts, type SystemPart } from './system-parts.js';

const INSTALL_LIMIT_MS = 10 * 60_000;

// A path that the environment names wrongly is the caller's to put right; installing wouldn't change it.
const installable = missingSystemParts().filter((part) => !process.env[part.variable]);
if (installable.length > 0 && canInstall()) install(installable);
const missing = missingSystemParts();
for (const part of missing) say(missingReason(part));
if (missing.length > 0) {
  if (process.env.CI === 'true') process.exitCode = 1;
  else say('the tests that need it are skipped');
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

function install(parts: readonly SystemPart[]): void {
  const packages = parts.map((part) => part.debianPackage);
  say(`installing for the tests: ${packages.join(', ')}`);
  if (aptGet(['update', '-qq'])) aptGet(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}

function aptGet(args: readonly string[]): boolean {
  const { status, stderr, error } = spawnSync('apt-get', args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: INSTALL_LIMIT_MS,
  });
  if (status === 0) return true;
  say(`apt-get ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}`);
  return false;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
