/** Finds the system parts that tests need. A test without its part is skipped, with the reason. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface SystemPart {
  /** The name for people. */
  readonly title: string;
  /** The environment variable with its path. */
  readonly variable: string;
  /** Its possible command names on the PATH. */
  readonly commands: readonly string[];
  readonly debianPackage: string;
}

const NATS_SERVER: SystemPart = {
  title: 'nats-server',
  variable: 'OPSLEDGER_NATS_SERVER',
  commands: ['nats-server'],
  debianPackage: 'nats-server',
};

const CHROMIUM: SystemPart = {
  title: 'Chromium',
  variable: 'OPSLEDGER_CHROMIUM',
  commands: ['chromium', 'chromium-browser', 'google-chrome'],
  debianPackage: 'chromium',
};

const PGBOUNCER: SystemPart = {
  title: 'PgBouncer',
  variable: 'OPSLEDGER_PGBOUNCER',
  commands: ['pgbouncer'],
  debianPackage: 'pgbouncer',
};

const PROMTOOL: SystemPart = {
  title: 'promtool',
  variable: 'OPSLEDGER_PROMTOOL',
  commands: ['promtool'],
  debianPackage: 'prometheus',
};

const PROMETHEUS: SystemPart = {
  title: 'Prometheus',
  variable: 'OPSLEDGER_PROMETHEUS',
  commands: ['prometheus'],
  debianPackage: 'prometheus',
};

const UNZIP: SystemPart = {
  title: 'unzip',
  variable: 'OPSLEDGER_UNZIP',
  commands: ['unzip'],
  debianPackage: 'unzip',
};

/** The path of nats-server, or `undefined`. */
export const natsServerPath = (): string | undefined => find(NATS_SERVER);

/** The path of Chromium, or `undefined`. */
export const chromiumPath = (): string | undefined => find(CHROMIUM);

/** The path of PgBouncer, or `undefined`. */
export const pgBouncerPath = (): string | undefined => find(PGBOUNCER);

/** The path of promtool, or `undefined`. */
export const promtoolPath = (): string | undefined => find(PROMTOOL);

/** The path of Prometheus, or `undefined`. */
export const prometheusPath = (): string | undefined => find(PROMETHEUS);

/** The path of unzip, or `undefined`. */
export const unzipPath = (): string | undefined => find(UNZIP);

/** For tap's `skip` option: the reason why archives can't be unpacked by the system's own program, or false. */
export const skipWithoutUnzip = (): string | false => skipWithout(UNZIP);

/** For tap's `skip` option: the reason why the alert rules can't be tested, or false. */
export const skipWithoutPromtool = (): string | false => skipWithout(PROMTOOL);

/** The reason why nothing can be asked of Prometheus, or false. */
export const skipWithoutPrometheus = (): string | false => skipWithout(PROMETHEUS);

/** For tap's `skip` option: the reason why tests behind PgBouncer can't run, or false. */
export const skipWithoutPgBouncer = (): string | false => skipWithout(PGBOUNCER);

/** For tap's `skip` option: the reason why tests against nats-server can't run, or false. */
export const skipWithoutNats = (): string | false => skipWithout(NATS_SERVER);

/** For tap's `skip` option: the reason why browser tests can't run, or false. */
export const skipWithoutChromium = (): string | false => skipWithout(CHROMIUM);

/** The parts that are missing. */
export function missingSystemParts(): SystemPart[] {
  return [NATS_SERVER, CHROMIUM, PGBOUNCER, PROMTOOL, PROMETHEUS, UNZIP].filter(
    (part) => find(part) === undefined,
  );
}

/** Why a part is missing and how to get it, in one sentence. */
export function missingReason({ title, debianPackage, variable }: SystemPart): string {
  return `${title} is missing: install it (Debian: apt-get install ${debianPackage}) or set ${variable} to its path`;
}

const skipWithout = (part: SystemPart): string | false =>
  find(part) === undefined ? missingReason(part) : false;

/** A path in the environment is the only one that counts: when there is no file at it, the part is missing. */
function find({ variable, commands }: SystemPart): string | undefined {
  const named = process.env[variable];
  if (named) return existsSync(named) ? named : undefined;
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  return folders
    .filter((folder) => folder !== '')
    .flatMap((folder) => commands.map((command) => join(folder, command)))
    .find((path) => existsSync(path));
}
