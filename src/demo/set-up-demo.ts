import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { createLiveness } from '../db/liveness.js';
import { recordPersonWithId } from '../db/persons.js';
import { certificateFacts } from '../graph/tokens/certificate.js';
import { LogUnavailableError } from '../ledger/event-log.js';
import type { Ledger } from '../ledger/ledger.js';
import { scopeKeyOf } from '../policies/selection.js';
import type { Program } from '../program/program-context.js';
import { eventAt } from '../runs/read-operation.js';
import { operationKey, operationStream, streamOfRun } from '../runs/run-streams.js';
import { startRun } from '../starting/start-run.js';
import type { GraphConnection } from '../tenancy/connection-events.js';
import {
  registerTenant,
  setAccess,
  setGraphConnection,
  setMemberRole,
  type TenantChange,
  tenantIdOf,
} from '../tenancy/tenant-commands.js';
import type { DemoApp } from './demo-app.js';
import { makeDemoSchedule, makeDemoSet } from './demo-backups.js';
import { type DemoSignIn, demoAccount, demoIdentity } from './demo-sign-in.js';
import {
  DEMO_ISSUER,
  DEMO_PEOPLE,
  DEMO_TENANTS,
  type DemoPerson,
  type DemoTenant,
  demoDirectoryId,
} from './demo-tenants.js';
import { loseWorkers } from './lost-run.js';

/** The tenant with the lost run. */
const LOST_IN = 'contoso';
const DIRECTORY_WAIT_MS = 10_000;
/** How often the demo checks whether one of its runs has ended. */
const LOOK_EVERY_MS = 500;
/** Longer than the three seconds for which simulated tenants keep their content after an inventory began. */
const BETWEEN_INVENTORIES_MS = 4_000;

const CHANGE: TenantChange = { actor: { kind: 'system', id: 'demo' }, correlationId: 'demo' };

/** The Graph that the demo's tenants are connected to. */
export interface DemoGraph {
  readonly url: string;
  /** The app that signs in to the tenants' directories, or null when Graph accepts fixed tokens. */
  readonly app: DemoApp | null;
  /** Set where people sign in at the simulated Entra, instead of with the development sign-in. */
  readonly signIn: DemoSignIn | null;
}

/**
 * Registers the demo's people and tenants and connects the tenants to Graph. It runs at every start, and changes
 * only what is missing or has another address.
 */
export async function setUpDemo(program: Program, graph: DemoGraph): Promise<void> {
  const { infrastructure, directory, credentials } = program;
  const { ledger, ledgerId, primary } = infrastructure;
  for (const person of DEMO_PEOPLE) {
    const { personId, displayName } = person;
    await recordPersonWithId(primary, { personId, displayName, ...identityOf(person, graph) });
  }
  let position = -1;
  for (const tenant of DEMO_TENANTS) {
    const tenantId = tenantIdOf(ledgerId, tenant.slug);
    if (!directory.tenant(tenantId)) await registerDemoTenant(ledger, ledgerId, tenant);
    if (graph.app) await credentials.set(tenantId, graph.app.credentialId, { ...graph.app.certificate });
    else await credentials.set(tenantId, null, { token: `tenant.${tenant.slug}` });
    const connected = await setGraphConnection(ledger, tenantId, connectionOf(tenant, graph), CHANGE);
    position = Math.max(position, connected);
  }
  await directory.waitFor(position, DIRECTORY_WAIT_MS);
}

const identityOf = (person: DemoPerson, { signIn }: DemoGraph) =>
  signIn
    ? { ...demoIdentity(person, signIn), email: demoAccount(person) }
    : { issuer: DEMO_ISSUER, subject: person.subject, email: null };

function connectionOf({ slug }: DemoTenant, { url, app }: DemoGraph): GraphConnection {
  const server = url.replace(/\/+$/, '');
  const baseUrl = `${server}/tenants/${slug}`;
  if (!app) return { baseUrl, signIn: null };
  const { thumbprint, endsAt } = certificateFacts(app.certificate);
  return {
    baseUrl,
    signIn: {
      directoryId: demoDirectoryId(slug),
      clientId: app.clientId,
      cloud: 'worldwide',
      authority: server,
      credential: {
        id: app.credentialId,
        kind: 'certificate',
        thumbprint,
        endsAt,
        assertionAlgorithm: 'PS256',
      },
    },
  };
}

/** Registers a tenant of the demo with its people. Errors: those of `registerTenant` and of appending. */
export async function registerDemoTenant(
  ledger: Ledger,
  ledgerId: string,
  tenant: DemoTenant,
): Promise<void> {
  const [[owner] = []] = tenant.people;
  if (!owner) throw new TypeError(`${tenant.slug} has no owner`);
  const { slug, name } = tenant;
  const { tenantId } = await registerTenant(
    ledger,
    { ledgerId, slug, name, ownerId: owner.personId },
    CHANGE,
  );
  for (const [{ personId }, role] of tenant.people)
    if (role === 'auditor' || role === 'support')
      await setAccess(ledger, tenantId, { personId, role, granted: true }, CHANGE);
    else await setMemberRole(ledger, tenantId, { personId, role }, CHANGE);
}

/** The largest number of inventories that a demo tenant has had, from which the simulated tenants continue. */
export async function countDemoInventories(ledger: Ledger, ledgerId: string): Promise<number> {
  const counts = await Promise.all(
    DEMO_TENANTS.map(async ({ slug }) => {
      const stream = inventoryStream(tenantIdOf(ledgerId, slug));
      let runs = 0;
      let last = await ledger.last(stream);
      while (last) {
        runs += 1;
        const start = last.envelope.runStart ?? 0;
        last = start > 0 ? await eventAt(ledger, stream, start - 1) : undefined;
      }
      return runs;
    }),
  );
  return Math.max(...counts);
}

const inventoryStream = (tenantId: string): string =>
  operationStream(tenantId, operationKey(tenantId, 'inventory.sync', { scopeKey: scopeKeyOf({}) }));

/**
 * Starts runs for a new user to look at: the groups, the first inventory of each tenant (one partially succeeds,
 * one waits for Graph) and a check of its connection, for the first tenant a second inventory and the drift between
 * the two, a backup set, an export of it and a schedule, and a run whose workers are lost. Does nothing for tenants
 * that have had an inventory.
 */
export async function runDemoWork(program: Program, deps: WorkDependencies): Promise<void> {
  const { ledger, ledgerId, primary } = program.infrastructure;
  const liveness = createLiveness(primary);
  await Promise.all(
    DEMO_TENANTS.map(async (tenant, index) => {
      const tenantId = tenantIdOf(ledgerId, tenant.slug);
      if (await ledger.last(inventoryStream(tenantId))) return;
      await Promise.all([
        runInTurn(program, tenant, { again: index === 0 }, deps),
        tenant.slug === LOST_IN &&
          loseWorkers({ ledger, liveness, ...deps }, tenantId, tenant.operator.personId),
      ]);
    }),
  );
}

interface WorkDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Runs the groups, an inventory and a check of the connection; then, if `again`, fills a backup set, runs a second
 * inventory and the drift between the two, exports the set, and makes a schedule of backups.
 */
async function runInTurn(
  program: Program,
  tenant: DemoTenant,
  { again }: { readonly again: boolean },
  deps: WorkDependencies,
): Promise<void> {
  const run = (type: string, input: object = {}) => runToEnd(program, tenant, { type, input }, deps);
  const { ledger, ledgerId } = program.infrastructure;
  const tenantId = tenantIdOf(ledgerId, tenant.slug);
  const change = {
    tenantId,
    now: deps.clock.now(),
    ...CHANGE,
    actor: { kind: 'member', id: tenant.operator.personId } as const,
  };
  await run('directory_groups.sync');
  await run('inventory.sync');
  if (program.directory.tenant(tenantId)?.graphSignIn) await run('connection.check');
  if (!again) return;
  const setId = await makeDemoSet(ledger, change);
  await run('backup_set.add_policies', { setId, choice: { from: 'tenant' } });
  await deps.clock.sleep(BETWEEN_INVENTORIES_MS, deps.signal);
  await run('inventory.sync');
  await run('drift.generate');
  await run('policy.export', { source: { from: 'backup_set', setId } });
  await makeDemoSchedule(ledger, program.starts.operations, change);
}

/** Starts a run as the tenant's operator would, and waits for its end. */
async function runToEnd(
  program: Program,
  tenant: DemoTenant,
  { type, input }: { readonly type: string; readonly input: object },
  { clock, logger, signal }: WorkDependencies,
): Promise<void> {
  if (signal.aborted) return;
  const { ledger, ledgerId } = program.infrastructure;
  const tenantId = tenantIdOf(ledgerId, tenant.slug);
  const result = await startRun(program.starts, {
    tenantId,
    type,
    input,
    initiator: { kind: 'member', personId: tenant.operator.personId },
    correlationId: `demo-${tenant.slug}-${type}`,
    connected: true,
    allows: () => true,
  });
  if (result.kind === 'refused') {
    logger.warn({ tenantId, type, code: result.code }, 'the demo could not start a run');
    return;
  }
  const stream = streamOfRun(tenantId, result.runId);
  while (!signal.aborted) {
    try {
      const last = await ledger.last(stream);
      if (last?.type === 'RunCompleted' || last?.type === 'RunFailed' || last?.type === 'RunAborted') return;
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error;
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}
