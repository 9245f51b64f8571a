import { isIP } from 'node:net';
import path from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { unreadableFileOf } from './address-files.js';
import { eventStoreAddressTrouble } from './event-store-address.js';
import { isProxyAddress, PROXY_VARIABLES, proxySetting } from './proxy-address.js';
import { issueInWords } from './wording/issue-words.js';

/**
 * The whole configuration, checked at start. Every variable is described only here; the table in docs/operating.md
 * is generated from it. An unknown `OPSLEDGER_…` or `OIDC_…` variable ends the program with a sentence that names
 * it, because a misspelt limit would silently not apply.
 */

const protocolsOf = (protocols: readonly string[]): string =>
  `must begin with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`;
const startsWithOne = (text: string, protocols: readonly string[]): boolean =>
  protocols.some((protocol) => text.startsWith(`${protocol}://`));

const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine((text) => startsWithOne(text, protocols), protocolsOf(protocols))
    .refine((text) => !startsWithOne(text, protocols) || URL.canParse(text), 'is no address');

/** Several addresses, separated by commas. */
const urls = (protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => text.split(',').every((part) => startsWithOne(part.trim(), protocols)),
      protocolsOf(protocols),
    )
    .refine(
      (text) =>
        text.split(',').every((part) => !startsWithOne(part.trim(), protocols) || URL.canParse(part.trim())),
      'is no address',
    );

/** EventStoreDB's own form: one host, or several separated by commas, which a URL can't have. */
const eventStoreUrl = z
  .string()
  .refine((text) => startsWithOne(text, ['esdb', 'esdb+discover']), protocolsOf(['esdb', 'esdb+discover']))
  .superRefine((text, context) => {
    const trouble = /^esdb/.test(text) ? eventStoreAddressTrouble(text) : undefined;
    if (trouble) context.addIssue({ code: 'custom', message: trouble });
  });

/** The root of a host, or a path without characters that have a meaning in headers or in patterns. */
const publicUrl = url(['http', 'https']).refine((text) => {
  if (!URL.canParse(text)) return true;
  const { pathname, search, hash } = new URL(text);
  return /^(\/[A-Za-z0-9._~-]+)*\/?$/.test(pathname) && search === '' && hash === '';
}, 'must be an address like https://ops.example or https://example.org/ops, without anything after its path');

/** Addresses, networks such as 10.0.0.0/8, and names of groups of networks, separated by commas. */
const proxies = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine(
    (parts) => parts.every(isProxy),
    'must be a list of addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal',
  );

function isProxy(text: string): boolean {
  if (/^(loopback|linklocal|uniquelocal)$/.test(text)) return true;
  const [, address = '', prefix] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bitsMax = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return bitsMax > 0 && Number(prefix ?? 0) <= bitsMax;
}

const milliseconds = (fallback: number) => z.coerce.number().int().min(1).max(86_400_000).default(fallback);
const many = (fallback: number, max = 10_000) => z.coerce.number().int().min(1).max(max).default(fallback);
const port = z.coerce.number().int().min(0).max(65_535);

/** `name=3,other=1` as a record; empty when it isn't set. */
const limitsByName = (max: number) =>
  z
    .string()
    .default('')
    .transform((text, context) => {
      const limits: Record<string, number> = {};
      for (const part of text.split(',').filter((piece) => piece.trim() !== '')) {
        const [, name, count] = /^\s*([A-Za-z0-9_]+\.[A-Za-z0-9_]+)\s*=\s*([0-9]{1,6})\s*$/.exec(part) ?? [];
        const limit = Number(count);
        if (name === undefined || limit < 1 || limit > max)
          context.addIssue(`must be a list like inventory.sync=2,drift.generate=1, with 1 to ${max}`);
        else limits[name] = limit;
      }
      return limits;
    });

export const environmentSchema = z.object({
  OPSLEDGER_DATA: z
    .string()
    .min(1)
    .default('.data')
    .describe('Folder for embedded data, keys and the running instance’s address'),
  OPSLEDGER_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the hub listens on'),
  OPSLEDGER_PORT: port.default(8420).describe('Port of the hub; 0: any free one'),
  OPSLEDGER_METRICS_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address that `/metrics` is answered on'),
  OPSLEDGER_METRICS_PORT: port
    .optional()
    .describe('Port of `/metrics`, apart from the pages; nowhere without it'),
  OPSLEDGER_PUBLIC_URL: publicUrl
    .optional()
    .describe(
      'Address that people reach the hub at when it is behind a proxy, such as `https://ops.example` or, under a path of its own, `https://example.org/ops`',
    ),
  OPSLEDGER_TRUSTED_PROXIES: proxies
    .optional()
    .describe(
      'Proxies that are believed to name the client (`X-Forwarded-For`), such as `10.0.0.5,192.168.0.0/16`; with `OPSLEDGER_PUBLIC_URL` loopback and private networks unless set, otherwise none',
    ),
  OPSLEDGER_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least level of what is logged; `opsledger start` says `warn` unless this is set'),
  OPSLEDGER_MASTER_KEY: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Key that tenants’ keys are wrapped under: 32 bytes as 64 hex digits or base64, the same for every process. Needed with `DATABASE_URL`; without that it is kept as `master.key` in the data folder',
    ),
  OPSLEDGER_NEW_MASTER_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('The key that `opsledger keys rotate` wraps them under from then on'),
  OPSLEDGER_WORKER_NAME: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Name of this worker, unique among running ones; host name and process number unless set'),
  OPSLEDGER_WORKER_RUNS: many(8, 1_000).describe('Runs that a worker carries out at once'),
  OPSLEDGER_WORKER_RUNS_PER_TENANT: many(4, 1_000).describe('Of them, at most for one tenant'),
  OPSLEDGER_WORKER_RUNS_PER_TYPE: limitsByName(1_000).describe(
    'Of them, at most of single operation types, such as `inventory.sync=2,drift.generate=1`',
  ),
  OPSLEDGER_BEAT_EVERY_MS: milliseconds(3_000).describe(
    'How often a worker leaves a sign of life of each run',
  ),
  OPSLEDGER_LOST_AFTER_MS: milliseconds(15_000).describe(
    'How long a sign of life may stay unchanged until the run counts as lost',
  ),
  OPSLEDGER_RESEND_AFTER_MS: milliseconds(5_000).describe(
    'How long a run may be pending until its command is sent again',
  ),
  OPSLEDGER_PUBLISH_TIMEOUT_MS: milliseconds(2_000).describe(
    'How long a start waits for the bus to take its command',
  ),
  OPSLEDGER_DRAIN_MS: milliseconds(10_000).describe(
    'How long handlers may go on after the process was asked to stop',
  ),
  OPSLEDGER_DISPATCH_EVERY_MS: milliseconds(1_000).describe('How often pending and lost runs are looked for'),
  OPSLEDGER_ACK_WAIT_MS: z.coerce
    .number()
    .int()
    .min(300)
    .max(86_400_000)
    .default(10_000)
    .describe(
      'Silence of a process after which NATS offers what it held to another; shorter than the time to count as lost',
    ),
  OPSLEDGER_URL: url(['http', 'https'])
    .optional()
    .describe('Address of a running product, for the command line'),
  OPSLEDGER_TOKEN: z.string().min(1).optional().describe('API token for it'),
  OPSLEDGER_EXTERNAL_TYPES: z
    .string()
    .min(1)
    .optional()
    .describe(
      'JSON file with the operation types that producers outside carry out; the same for every process',
    ),
  OPSLEDGER_EVENT_STORE_USER: z
    .string()
    .min(1)
    .optional()
    .describe('User that clients of `opsledger event-store` must give'),
  OPSLEDGER_EVENT_STORE_PASSWORD: z.string().min(1).optional().describe('Password that they must give'),
  OIDC_ISSUER: url(['http', 'https'])
    .optional()
    .describe('The OpenID Connect provider that people sign in with; see [sign-in](sign-in.md)'),
  OIDC_CLIENT_ID: z.string().min(1).max(500).optional().describe('Id that the provider gave this client'),
  OIDC_CLIENT_SECRET: z
    .string()
    .min(1)
    .max(2000)
    .optional()
    .describe('Its secret; without one this is a public client, which proves itself by PKCE alone'),
  OIDC_CLIENT_AUTH: z
    .enum(['client_secret_basic', 'client_secret_post'])
    .default('client_secret_basic')
    .describe('How the secret is sent'),
  OIDC_SCOPES: z
    .string()
    .max(500)
    .refine((text) => text.split(' ').includes('openid'), 'must contain openid')
    .default('openid profile email')
    .describe('What is asked of the provider'),
  DATABASE_URL: url(['postgres', 'postgresql'])
    .optional()
    .describe('PostgreSQL 16 or newer; embedded without it'),
  DATABASE_SESSION_URL: url(['postgres', 'postgresql'])
    .optional()
    .describe(
      'The same database without a pooler in between, when `DATABASE_URL` leads through one in transaction mode (PgBouncer)',
    ),
  HUB_DATABASE_URL: url(['postgres', 'postgresql'])
    .optional()
    .describe(
      'A login that may only read the hub’s models; without it `DATABASE_URL`, which takes on the role `opsledger_hub`',
    ),
  EVENTSTORE_URL: eventStoreUrl
    .optional()
    .describe('EventStoreDB, or an `opsledger event-store`; embedded without it'),
  NATS_URL: urls(['nats', 'tls', 'ws', 'wss'])
    .optional()
    .describe(
      'NATS 2.9 or newer with JetStream, such as `tls://user:password@host:4222`, several servers with commas between them; commands stay in the process without it',
    ),
  NATS_CREDENTIALS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File of NATS credentials (`.creds`), when `NATS_URL` has no user or token'),
  NATS_NKEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the seed of a NATS user’s nkey (`SU…`), in place of the credentials'),
  NATS_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe(
      'How many servers of a NATS cluster keep each command, such as 3; without it one, or as many as an administrator set',
    ),
  NATS_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('Certificate authority of NATS, PEM, where the system does not know it'),
  NATS_CERT_FILE: z.string().min(1).optional().describe('Certificate that this client shows to NATS, PEM'),
  NATS_KEY_FILE: z.string().min(1).optional().describe('Its key, PEM'),
  GRAPH_URL: url(['http', 'https'])
    .optional()
    .describe('Graph’s base address for tenants that the demo connects'),
});

export type Config = z.output<typeof environmentSchema>;

/** A configuration that can't work. The message is a sentence that names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Most letters by which a misspelt name may differ from the one that is suggested. */
const SUGGESTED_DISTANCE_MAX = 4;

/** Variables that belong to the tests and are ignored by the program. */
const TEST_VARIABLES = /^OPSLEDGER_(LONG|NATS_SERVER|CHROMIUM|PGBOUNCER|PROMTOOL|PROMETHEUS)$/;

const PROXY_EXAMPLE = 'http://proxy.example:8080';

/**
 * Checks the environment. Values from the command line, given by variable name, take precedence. Empty variables
 * count as not set. Errors: ConfigError, which names the variable and never repeats its value.
 */
export function readConfig(
  environment: NodeJS.ProcessEnv,
  flags: Readonly<Partial<Record<keyof Config, string>>> = {},
): Config {
  const known = Object.keys(environmentSchema.shape);
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...environment, ...flags })) {
    if (value === undefined || value === '') continue;
    if (known.includes(name)) given[name] = value;
    else if (/^(OPSLEDGER|OIDC)_/.test(name) && !TEST_VARIABLES.test(name))
      throw new ConfigError(`There is no variable ${name}${suggestion(name, known)}.`);
  }
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0] ?? 'The configuration');
    throw new ConfigError(`${name} is not usable: ${issue ? issueInWords(issue) : 'invalid.'}`);
  }
  for (const name of [
    'DATABASE_URL',
    'DATABASE_SESSION_URL',
    'HUB_DATABASE_URL',
    'EVENTSTORE_URL',
  ] as const) {
    const problem = unreadableFileOf(parsed.data[name] ?? '');
    if (problem !== undefined) throw new ConfigError(`${name} is not usable: ${problem}.`);
  }
  for (const name of PROXY_VARIABLES)
    if (!isProxyAddress(proxySetting(environment, name) ?? PROXY_EXAMPLE))
      throw new ConfigError(`${name} is not usable: it takes an address such as ${PROXY_EXAMPLE}.`);
  return { ...parsed.data, OPSLEDGER_DATA: path.resolve(parsed.data.OPSLEDGER_DATA) };
}

function suggestion(name: string, known: readonly string[]): string {
  const nearest = closest(name, known);
  return distance(name, nearest) <= SUGGESTED_DISTANCE_MAX ? ` (did you mean ${nearest}?)` : '';
}
