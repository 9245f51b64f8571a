import path from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';

/**
 * The whole configuration, checked at start. Every variable stands in this table; an unknown `OPSLEDGER_…` or
 * `OIDC_…` one ends the program with a sentence that names it, because a misspelt limit is worse than none.
 */

const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => protocols.some((protocol) => text.startsWith(`${protocol}://`)),
      `must begin with ${protocols.map((p) => `${p}://`).join(' or ')}`,
    );
const milliseconds = (fallback: number) => z.coerce.number().int().min(1).max(86_400_000).default(fallback);
const many = (fallback: number, max = 10_000) => z.coerce.number().int().min(1).max(max).default(fallback);

/** `name=3,other=1` as a record; nothing where it isn't set. */
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
          context.addIssue(`${JSON.stringify(part.trim())} is not like inventory.sync=2, with 1 to ${max}`);
        else limits[name] = limit;
      }
      return limits;
    });

const environmentSchema = z.object({
  /** Folder for embedded data, keys and the running instance's address. */
  OPSLEDGER_DATA: z.string().min(1).default('.data'),
  OPSLEDGER_HOST: z.string().min(1).default('127.0.0.1'),
  OPSLEDGER_PORT: z.coerce.number().int().min(0).max(65_535).default(8420),
  /** Where `/metrics` is answered, apart from the pages; nowhere without a port. */
  OPSLEDGER_METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  OPSLEDGER_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  /** Address that people reach the hub at, when it stands behind a proxy. */
  OPSLEDGER_PUBLIC_URL: url(['http', 'https']).optional(),
  OPSLEDGER_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** 32 bytes as 64 hex digits or base64; the key that tenants' keys are wrapped under. */
  OPSLEDGER_MASTER_KEY: z.string().min(1).optional(),
  /** Name of this worker; unique among running ones. */
  OPSLEDGER_WORKER_NAME: z.string().min(1).max(100).optional(),
  OPSLEDGER_WORKER_RUNS: many(8, 1_000),
  OPSLEDGER_WORKER_RUNS_PER_TENANT: many(4, 1_000),
  /** Limits for single operation types, such as `inventory.sync=2,drift.generate=1`. */
  OPSLEDGER_WORKER_RUNS_PER_TYPE: limitsByName(1_000),
  OPSLEDGER_BEAT_EVERY_MS: milliseconds(3_000),
  OPSLEDGER_LOST_AFTER_MS: milliseconds(15_000),
  OPSLEDGER_RESEND_AFTER_MS: milliseconds(5_000),
  OPSLEDGER_PUBLISH_TIMEOUT_MS: milliseconds(2_000),
  OPSLEDGER_DRAIN_MS: milliseconds(10_000),
  OPSLEDGER_DISPATCH_EVERY_MS: milliseconds(1_000),
  /** Silence of a process after which NATS offers what it held to another; shorter than the time to count as lost. */
  OPSLEDGER_ACK_WAIT_MS: z.coerce.number().int().min(300).max(86_400_000).default(10_000),
  /** Address and token of a running product, for the CLI. */
  OPSLEDGER_URL: url(['http', 'https']).optional(),
  OPSLEDGER_TOKEN: z.string().min(1).optional(),

  /** The OpenID Connect provider that people sign in with; see docs/sign-in.md. */
  OIDC_ISSUER: url(['http', 'https']).optional(),
  OIDC_CLIENT_ID: z.string().min(1).max(500).optional(),
  /** Without one this is a public client, which proves itself by PKCE alone. */
  OIDC_CLIENT_SECRET: z.string().min(1).max(2000).optional(),
  OIDC_CLIENT_AUTH: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic'),
  OIDC_SCOPES: z
    .string()
    .max(500)
    .refine((text) => text.split(' ').includes('openid'), 'must contain openid')
    .default('openid profile email'),

  /** JSON file with the operation types that producers outside carry out; the same one for every process. */
  OPSLEDGER_EXTERNAL_TYPES: z.string().min(1).optional(),

  DATABASE_URL: url(['postgres', 'postgresql']).optional(),
  /** A login that may only read the hub's models; by default DATABASE_URL with the role `opsledger_hub`. */
  HUB_DATABASE_URL: url(['postgres', 'postgresql']).optional(),
  EVENTSTORE_URL: url(['esdb', 'esdb+discover']).optional(),
  NATS_URL: url(['nats', 'tls', 'ws', 'wss']).optional(),
  /** Graph's base address for tenants that are connected by the demo. */
  GRAPH_URL: url(['http', 'https']).optional(),
});

export type Config = z.output<typeof environmentSchema>;

/** A configuration that can't work, in a sentence that names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Letters that a misspelt name may differ in to be suggested. */
const SUGGESTED_DISTANCE_MAX = 4;

/** Variables that belong to the tests and are ignored by the program. */
const TEST_VARIABLES = new Set(['OPSLEDGER_LONG', 'OPSLEDGER_NATS_SERVER', 'OPSLEDGER_CHROMIUM']);

/**
 * Checks the environment, with what the command line says on top (by variable name). Empty variables count as
 * not set. Errors: ConfigError.
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
    else if (/^(OPSLEDGER|OIDC)_/.test(name) && !TEST_VARIABLES.has(name))
      throw new ConfigError(`There is no variable ${name}${suggestion(name, known)}.`);
  }
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0] ?? 'The configuration');
    throw new ConfigError(`${name} is not usable: ${issue?.message ?? 'invalid'}.`);
  }
  return { ...parsed.data, OPSLEDGER_DATA: path.resolve(parsed.data.OPSLEDGER_DATA) };
}

function suggestion(name: string, known: readonly string[]): string {
  const nearest = closest(name, known);
  return distance(name, nearest) <= SUGGESTED_DISTANCE_MAX ? ` (did you mean ${nearest}?)` : '';
}
