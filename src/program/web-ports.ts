import { timingSafeEqual } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { ServedSchema } from '../../projections/engine/served-schema.js';
import { CAPABILITIES } from '../access/capabilities.js';
import { recordAct } from '../audit/record-act.js';
import { recordExport } from '../audit/record-export.js';
import type { Chance, Clock } from '../clock.js';
import { actorNames } from '../db/actor-names.js';
import type { ExportFileStore } from '../db/export-files.js';
import type { GraphCredentialStore } from '../db/graph-credentials.js';
import { createLiveness } from '../db/liveness.js';
import { findPerson, findPersonBySubject, findPersonsByObject, recordSignedInPerson } from '../db/persons.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { backupSetEntity } from '../entities/backup-set/backup-set.js';
import { scheduleEntity } from '../entities/schedule/schedule.js';
import type { Entity } from '../ledger/define-entity.js';
import type { Ledger } from '../ledger/ledger.js';
import { createProducedRuns } from '../producers/create-produced-runs.js';
import { actorOf, LOCAL_CLIENT_ID, LOCAL_CLIENT_NAME } from '../runs/initiator.js';
import { runPosition } from '../runs/run-position.js';
import type { ArtifactAccess } from '../snapshots/artifact-access.js';
import type { StartDependencies } from '../starting/start-run.js';
import { changeViews, markNotificationsRead } from '../tenancy/member-changes.js';
import { setPersonSettings } from '../tenancy/person-changes.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import { createApiClients } from '../tokens/api-clients.js';
import { hashSecret } from '../web/auth/secrets.js';
import { isUuid } from '../web/hub/is-uuid.js';
import type { ApiClientsPort } from '../web/ports/actors.js';
import type { SystemStatus } from '../web/ports/status.js';
import type { WebPorts } from '../web/ports/web-ports.js';
import { WebError } from '../web/web-error.js';
import { createConnectionsPort } from './connections.js';
import { createGroupSearchPort } from './group-search-port.js';
import { createPolicyContentsPort } from './policy-contents-port.js';
import { createStartsPort } from './starts-port.js';
import { createMembersPort, createTokensPort, DIRECTORY_WAIT_MS } from './tenancy-ports.js';
import { troubleInWords } from './trouble-in-words.js';
import { initiatorOf, mayIn } from './web-actors.js';

/** The ports from the web to the write side, with the program's real parts. */
export function createWebPorts(deps: {
  readonly start: StartDependencies;
  readonly ledger: Ledger;
  readonly directory: TenantDirectory;
  readonly credentials: GraphCredentialStore;
  readonly exportFiles: Pick<ExportFileStore, 'open'>;
  readonly primary: Kysely<PrimaryTables>;
  /** The stored policies that pages show masked. */
  readonly artifacts: Pick<ArtifactAccess, 'get'>;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Token in the data folder's instance file, if there is one. */
  readonly localToken: string | undefined;
  readonly readModels: ServedSchema;
  readonly status: () => SystemStatus;
  /** Used for requests to Graph, such as through a proxy; the global `fetch` unless given. */
  readonly outgoingFetch?: typeof fetch;
}): WebPorts {
  const { chance, clock, directory, primary, ledger, readModels } = deps;
  const starts = createStartsPort(deps);
  return {
    access: {
      tenant: (idOrSlug) => directory.tenant(idOrSlug),
      rolesOf: (personId, tenantId) => directory.rolesOf(personId, tenantId),
      tenantsOf: (personId) => directory.tenantsOf(personId),
      allTenants: () => directory.all(),
      tenantOf: async (kind, id) => {
        const schema = await readModels.current(primary);
        if (schema === undefined)
          throw new WebError('unavailable', 'The hub is being built from the log. Try again in a moment.');
        const { rows } = await sql<{ tenant_id: string | null }>`
          select ${sql.id(schema, 'tenant_of')}(${kind}, ${id}) as tenant_id`.execute(primary);
        return rows[0]?.tenant_id ?? undefined;
      },
      tenantRecording: async (runId) => {
        for (const { tenantId } of directory.all())
          if ((await runPosition(ledger.log, tenantId, runId)) !== undefined) return tenantId;
        return undefined;
      },
    },
    persons: {
      recordSignIn: (claims) => recordSignedInPerson(primary, { ...claims, personId: chance.uuid() }),
      personOf: async ({ issuer, subject }) =>
        (await findPersonBySubject(primary, issuer, subject))?.personId,
    },
    names: (ids) => actorNames(primary, ids),
    starts,
    async recordedAt(tenantId, kind, id) {
      if (kind === 'run') return runPosition(ledger.log, tenantId, id);
      const entity = RECORDED[kind];
      return entity && isUuid(id) ? beginningOf(ledger, entity.stream(tenantId, id)) : undefined;
    },
    producers: createProducedRuns({ ...deps.start, liveness: createLiveness(primary) }),
    async change(actor, command, { given, tenantId, correlationId }) {
      if (!mayIn(directory, tenantId, actor)(command.capability))
        return { kind: 'refused', message: 'Your role here has changed, and you can’t do this any more.' };
      const asked = { tenantId, correlationId, actor: actorOf(initiatorOf(actor)), now: clock.now() };
      return command.carryOut(ledger, given, asked);
    },
    notifications: {
      markRead: (personId, change) => markNotificationsRead(ledger, personId, change),
    },
    settings: {
      set: (personId, settings, correlationId) =>
        setPersonSettings(ledger, personId, settings, correlationId),
    },
    views: {
      change: (personId, request) => changeViews(ledger, personId, request),
    },
    apiClients: withLocalClient(createApiClients({ db: primary, directory, clock }), deps.localToken),
    members: createMembersPort(deps),
    tokens: createTokensPort(deps),
    audit: {
      exported: (actor, download) => recordExport(ledger, actorOf(initiatorOf(actor)), download),
    },
    exports: {
      open: (tenantId, runId) => deps.exportFiles.open(tenantId, runId),
    },
    connections: createConnectionsPort({
      ...deps,
      starts,
      settled: (position) => directory.waitFor(position, DIRECTORY_WAIT_MS),
    }),
    groupSearch: createGroupSearchPort({
      directory,
      clock,
      chance,
      ...(deps.outgoingFetch && { fetch: deps.outgoingFetch }),
      issuerOf: async (personId) => (await findPerson(primary, personId))?.issuer,
      personsByObject: (issuer, objectIds) => findPersonsByObject(primary, issuer, objectIds),
      note: (actor, { groupId, ...request }) =>
        recordAct(ledger, actorOf(initiatorOf(actor)), {
          ...request,
          event: { type: 'DirectorySearched', data: { groupId } },
        }),
    }),
    policyContents: createPolicyContentsPort(deps.artifacts),
    status: deps.status,
    troubleInWords,
    headPosition: () => ledger.log.head(),
  };
}

/** Adds the client with the token of the data folder, which may use the whole installation. */
function withLocalClient(clients: ApiClientsPort, localToken: string | undefined): ApiClientsPort {
  if (localToken === undefined) return clients;
  const expected = Buffer.from(hashSecret(localToken));
  return {
    async authenticate(token) {
      if (timingSafeEqual(Buffer.from(hashSecret(token)), expected))
        return {
          clientId: LOCAL_CLIENT_ID,
          name: LOCAL_CLIENT_NAME,
          tenantId: null,
          capabilities: CAPABILITIES,
        };
      return clients.authenticate(token);
    },
  };
}

/** The entities, besides runs, that a page shows as recorded before the read models have them, by the kind of their id. */
const RECORDED: Readonly<Record<string, Pick<Entity, 'stream'>>> = {
  backup_set: backupSetEntity,
  schedule: scheduleEntity,
};

/** Where a stream begins in the log; undefined when it has no events. */
async function beginningOf({ log }: Ledger, stream: string): Promise<number | undefined> {
  for await (const { position } of log.read(stream, { maxCount: 1 })) return position;
  return undefined;
}
