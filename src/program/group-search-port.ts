import type { Chance, Clock } from '../clock.js';
import { GraphError } from '../graph/client/graph-error.js';
import {
  type DelegatedReading,
  DIRECTORY_SCOPES,
  listGroupMembers,
  searchGroups,
} from '../graph/delegated-directory.js';
import { CLOUDS } from '../graph/tokens/clouds.js';
import { directoryOfIssuer } from '../graph/tokens/entra-issuer.js';
import { tokenClaims } from '../graph/tokens/token-claims.js';
import { isSafeAddress } from '../tenancy/connection-events.js';
import type { Tenant, TenantDirectory } from '../tenancy/tenant-directory.js';
import type { TenantRequest, WebActor } from '../web/ports/actors.js';
import type { DirectoryAnswer, GroupSearchPort } from '../web/ports/group-search.js';

export interface GroupSearchDependencies {
  readonly directory: Pick<TenantDirectory, 'tenant' | 'rolesOf'>;
  /** The issuer that a person signs in with; undefined for a person who was forgotten. */
  readonly issuerOf: (personId: string) => Promise<string | undefined>;
  /** The persons of an issuer with these accounts in Entra, by the id of the account. */
  readonly personsByObject: (
    issuer: string,
    objectIds: readonly string[],
  ) => Promise<ReadonlyMap<string, { readonly personId: string; readonly displayName: string }>>;
  /** Records a question before it is asked. `groupId` is null for a search of groups. */
  readonly note: (
    actor: WebActor,
    request: TenantRequest & { readonly groupId: string | null },
  ) => Promise<unknown>;
  readonly fetch?: typeof fetch;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Longest wait for an answer of Graph; five seconds unless given. */
  readonly timeoutMs?: number;
}

const TIMEOUT_DEFAULT_MS = 5_000;

/** Questions to Graph in the name of a signed-in person. */
export function createGroupSearchPort(deps: GroupSearchDependencies): GroupSearchPort {
  const { directory, issuerOf, personsByObject } = deps;

  async function ask<Found>(
    actor: WebActor,
    { tenantId, correlationId, token, groupId }: TenantRequest & { token: string; groupId: string | null },
    question: (reading: DelegatedReading) => Promise<Found>,
  ): Promise<DirectoryAnswer<Found>> {
    const connection = connectionOf(directory.tenant(tenantId));
    if (typeof connection === 'string') return { kind: 'failed', message: connection };
    const refused = refusalOfToken(token, connection);
    if (refused !== null) return { kind: 'failed', message: refused };
    await deps.note(actor, { tenantId, correlationId, groupId });
    const { baseUrl } = connection;
    const { clock, chance, timeoutMs = TIMEOUT_DEFAULT_MS } = deps;
    try {
      const found = await question({
        baseUrl,
        token,
        clock,
        chance,
        timeoutMs,
        ...(deps.fetch && { fetch: deps.fetch }),
      });
      return { kind: 'found', found };
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      if (error.reasonCode === 'graph_unauthenticated') return { kind: 'needs_consent' };
      return { kind: 'failed', message: inWords(error) };
    }
  }

  return {
    async unavailable(personId, tenantId) {
      const own = directoryOfIssuer((await issuerOf(personId)) ?? '');
      if (own === null)
        return 'You are not signed in with Microsoft Entra, so there is no account to search its groups with.';
      const connection = connectionOf(directory.tenant(tenantId));
      if (typeof connection === 'string') return connection;
      return connection.directoryId === own
        ? null
        : 'Your account belongs to another directory than the one this tenant is connected to.';
    },
    scopes(tenantId) {
      const connection = connectionOf(directory.tenant(tenantId));
      if (typeof connection === 'string') throw new Error(connection);
      return DIRECTORY_SCOPES.map((scope) => `${connection.graph}/${scope}`).join(' ');
    },
    groups: (actor, { beginning, ...request }) =>
      ask(actor, { ...request, groupId: null }, (reading) => searchGroups(reading, beginning)),
    members: (actor, request) =>
      ask(actor, request, async (reading) => {
        const { people, ...rest } = await listGroupMembers(reading, request.groupId);
        const issuer = (await issuerOf(actor.personId)) ?? '';
        const known = await personsByObject(
          issuer,
          people.map(({ id }) => id),
        );
        return {
          ...rest,
          people: people.map((member) => {
            const person = known.get(member.id);
            if (!person) return { ...member, known: null };
            const { personId, displayName: name } = person;
            return {
              ...member,
              known: { personId, name, roles: directory.rolesOf(personId, request.tenantId).join(', ') },
            };
          }),
        };
      }),
  };
}

interface SearchedConnection {
  readonly baseUrl: string;
  readonly directoryId: string;
  /** Address of the cloud's Graph, which is the audience of the token. */
  readonly graph: string;
}

/** The connection that groups are searched by, or why there is none. */
function connectionOf(tenant: Tenant | undefined): SearchedConnection | string {
  if (!tenant?.graphSignIn || tenant.graphBaseUrl === null)
    return 'The tenant is not connected to a directory in Microsoft Entra.';
  const { graphBaseUrl: baseUrl, graphSignIn } = tenant;
  const { graph } = CLOUDS[graphSignIn.cloud];
  // An owner enters the address, and could otherwise collect other people's tokens at it.
  const isLocal = baseUrl.startsWith('http:') && isSafeAddress(baseUrl);
  if (baseUrl.replace(/\/+$/, '') !== graph && !isLocal)
    return 'The tenant is connected to another server than Microsoft’s, which gets no token of a person.';
  return { baseUrl, graph, directoryId: graphSignIn.directoryId.toLowerCase() };
}

/** Why a token isn't sent, or null. */
function refusalOfToken(token: string, { directoryId, graph }: SearchedConnection): string | null {
  const claims = tokenClaims(token);
  if (!claims?.isForGraph(graph))
    return 'Entra issued a token for another service than Microsoft Graph, which is not used.';
  return claims.directoryId?.toLowerCase() === directoryId
    ? null
    : 'Your token is for another directory than the one this tenant is connected to.';
}

function inWords(error: GraphError): string {
  switch (error.reasonCode) {
    case 'graph_forbidden':
      return `Microsoft Graph refused, because your account or this application may not read groups. Ask an administrator of the directory to consent to ${DIRECTORY_SCOPES.join(' and ')}.`;
    case 'graph_not_found':
      return 'The directory has no such group any more. Search again.';
    case 'graph_throttled':
    case 'graph_unavailable':
      return 'Microsoft Graph did not answer in time. Try again in a little while.';
    default:
      return `${error.message}. Try again; if it stays so, add people by their person code.`;
  }
}
