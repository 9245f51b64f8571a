/**
 * Provides the system parts that only tests need: nats-server, Chromium, PgBouncer, promtool and unzip. It runs before the tests
 * (`pretest`). As root on Debian it installs what is missing. Elsewhere it reports what is missing, and the tests that
 * need it are skipped; with CI=true a missing part is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { missingReason, missingSystemParts, type SystemPart } from './system-parts.js';

const INSTALL_LIMIT_MS = 10 * 60_000;

// A wrong path in the environment must be corrected by the caller. Installing the part would not change it.
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
