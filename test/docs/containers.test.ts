import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { packageRoot } from '../../src/app-version.js';
import { environmentSchema, readConfig } from '../../src/config.js';

/**
 * docker-compose.yml and the Dockerfile agree with the program and with each other. They are read as data, because tests
 * have no containers.
 */

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly restart: string;
  readonly stop_grace_period: string;
  readonly logging: { readonly driver: string };
  readonly security_opt: readonly string[];
  readonly read_only?: boolean;
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

const read = (...parts: readonly string[]) => readFileSync(path.join(packageRoot, ...parts), 'utf8');
const composeFile = read('docker-compose.yml');
const compose: {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
} = parse(composeFile, { merge: true });
const services = Object.entries(compose.services);
const roles = services.filter(([, service]) => service.build !== undefined);
const dockerfile = read('Dockerfile').replaceAll(/^#.*$/gm, '').trim();

t.test('every service is pinned, watched, restarted and given time to end', async (t) => {
  t.strictSame(Object.keys(compose.services).sort(), [
    ...['eventstore', 'migrate', 'nats', 'postgres', 'projector', 'web', 'worker'],
  ]);
  for (const [name, service] of services) {
    const once = name === 'migrate';
    t.match(service.image, /:\d+\.\d+/, `${name}: a pinned version`);
    t.ok(once || service.healthcheck.test, `${name}: a health check`);
    t.equal(service.restart, once ? 'no' : 'unless-stopped', `${name}: restarts`);
    t.match(service.stop_grace_period, /^[46]0s$/, `${name}: time to end`);
    t.equal(service.logging.driver, 'local', `${name}: rotated logs`);
    t.ok(service.security_opt.includes('no-new-privileges:true'), `${name}: no new privileges`);
    for (const needed of Object.keys(service.depends_on ?? {}))
      t.ok(needed in compose.services, `${name}: needs ${needed}`);
  }
  for (const [name, { read_only }] of roles) t.equal(read_only, true, `${name}: writes no files`);
});

t.test('roles are given variables that the program takes, and commands that it has', async (t) => {
  const commands = read('src', 'cli', 'register-commands.ts');
  for (const [name, { command = [], environment = {} }] of roles) {
    const given = Object.fromEntries(
      Object.entries(environment).map(([variable, value]) => [variable, filledIn(value)]),
    );
    for (const variable of Object.keys(given))
      t.ok(variable in environmentSchema.shape, `${name}: ${variable}`);
    t.ok(readConfig(given), `${name}: with usable values`);
    t.ok(commands.includes(`'${command[0]}'`), `${name}: ${command[0]}`);
  }
  const { web } = compose.services;
  t.match(web?.environment?.HUB_DATABASE_URL, /opsledger_hub:/, 'pages are read by a login of their own');
});

t.test('every variable of the file is explained at its head, and needed ones are asked for', async (t) => {
  const [head = ''] = composeFile.split(/^x-/m);
  const named = [...composeFile.matchAll(/\$\{(\w+)(:[?-])?/g)];
  t.ok(named.length > 5);
  for (const [, name = '', mode] of named) {
    t.match(head, new RegExp(`\\b${name}\\b`), `${name} is explained`);
    t.ok(mode, `${name} is asked for or has a default`);
  }
});

t.test('volumes, files and addresses that services name are there', async (t) => {
  const mounted = services.flatMap(([, { volumes = [] }]) => volumes).map((volume) => volume.split(':'));
  for (const [source = '', target = ''] of mounted)
    if (source.startsWith('.')) t.ok(existsSync(path.join(packageRoot, source)), source);
    else t.ok(source in compose.volumes && target.startsWith('/'), `${source}:${target}`);
  for (const volume of Object.keys(compose.volumes))
    t.ok(
      mounted.some(([source]) => source === volume),
      `${volume} is used`,
    );
  for (const [name, { environment = {} }] of roles)
    for (const [variable, value] of Object.entries(environment)) {
      if (!/^(DATABASE_URL|HUB_DATABASE_URL|EVENTSTORE_URL|NATS_URL)$/.test(variable)) continue;
      const { hostname } = new URL(filledIn(value));
      t.ok(hostname in compose.services, `${name}: ${variable} leads to ${hostname}`);
    }
});

t.test('health checks of the roles ask the ports that these listen on', async (t) => {
  for (const [name, { healthcheck, environment = {}, ports = [] }] of roles) {
    const [port] = /(?<=127\.0\.0\.1:)\d+/.exec(healthcheck.test?.join(' ') ?? '') ?? [];
    const own = [environment.OPSLEDGER_PORT, environment.OPSLEDGER_METRICS_PORT];
    if (!healthcheck.disable) t.ok(own.includes(port), `${name}: ${port}`);
    for (const published of ports)
      t.equal(published.split(':').at(-1), environment.OPSLEDGER_PORT, published);
  }
});

t.test('the Dockerfile copies what is there and runs the program as another user than root', async (t) => {
  const [build = '', image = ''] = dockerfile.split(/^(?=FROM )/m);
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
    sources.split(' '),
  );
  for (const source of copied) t.ok(existsSync(path.join(packageRoot, source)), source);
  for (const folder of ['src', 'projections', 'migrations']) t.ok(copied.includes(folder), folder);
  const { bin, engines, scripts } = JSON.parse(read('package.json'));
  for (const file of scripts.build.match(/[\w.-]+\.json/g)) t.ok(copied.includes(file), file);
  const versions = [...dockerfile.matchAll(/^FROM node:(\d+)\.\d+\.\d+/gm)].map(([, major]) => Number(major));
  t.equal(versions.length, 2);
  for (const major of versions) t.ok(major >= Number(/\d+/.exec(engines.node)), `Node.js ${major}`);
  t.match(build, /npm ci && npm prune --omit=dev/);
  t.match(image, /^USER node$/m);
  t.ok(image.includes(JSON.stringify(bin.opsledger)), 'starts the program');
});

/** A value with something in place of each variable of the file. */
function filledIn(value: string): string {
  return value.replaceAll(/\$\{(\w+)(?::-([^}]*)|[^}]*)\}/g, (_, name: string, fallback?: string) => {
    if (fallback !== undefined) return fallback;
    return { OPSLEDGER_MASTER_KEY: '0'.repeat(64), OIDC_ISSUER: 'https://login.example' }[name] ?? 'a-value';
  });
}
