import { z } from 'zod';
import type { Chance, Clock } from '../clock.js';
import { createGraphClient } from './client/create-graph-client.js';
import { GraphError } from './client/graph-error.js';

/** Scopes of a person's token: to search groups and list their members, and to see the members' names. */
export const DIRECTORY_SCOPES = ['GroupMember.Read.All', 'User.ReadBasic.All'] as const;

/** Most groups and most members that one question returns. */
const DIRECTORY_LIMITS = { groups: 25, members: 100 } as const;

/** How a directory is asked with a person's own token. */
export interface DelegatedReading {
  readonly baseUrl: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Longest wait for an answer. A question is asked once: somebody waits for it. */
  readonly timeoutMs: number;
}

const text = z.string().nullish();
const nextLink = z.string().optional();
const groupsPage = z.object({
  value: z.array(z.object({ id: z.guid(), displayName: text })),
  '@odata.nextLink': nextLink,
});
const membersPage = z.object({
  value: z.array(z.object({ id: z.guid(), '@odata.type': text, displayName: text, userPrincipalName: text })),
  '@odata.nextLink': nextLink,
});
const USER = '#microsoft.graph.user';

/** The first groups whose names begin with a text. Errors: GraphError. */
export async function searchGroups(reading: DelegatedReading, beginning: string) {
  const filter = encodeURIComponent(`startswith(displayName,'${beginning.replaceAll("'", "''")}')`);
  const path = `groups?$filter=${filter}&$select=id,displayName&$top=${DIRECTORY_LIMITS.groups}`;
  const page = await ask(reading, path, groupsPage);
  return {
    groups: page.value.map(({ id, displayName }) => ({ id, name: displayName ?? '' })),
    hasMore: page['@odata.nextLink'] !== undefined,
  };
}

/** The first direct members of a group; `others` are those that are no people. Errors: GraphError. */
export async function listGroupMembers(reading: DelegatedReading, groupId: string) {
  const select = 'id,displayName,userPrincipalName';
  const path = `groups/${groupId}/members?$select=${select}&$top=${DIRECTORY_LIMITS.members}`;
  const page = await ask(reading, path, membersPage);
  const people = page.value.filter((member) => member['@odata.type'] === USER);
  return {
    people: people.map(({ id, displayName, userPrincipalName }) => ({
      id: id.toLowerCase(),
      name: displayName ?? null,
      account: userPrincipalName ?? null,
    })),
    others: page.value.length - people.length,
    hasMore: page['@odata.nextLink'] !== undefined,
  };
}

async function ask<Page>(
  { baseUrl, token, fetch, clock, chance, timeoutMs }: DelegatedReading,
  path: string,
  schema: z.ZodType<Page>,
): Promise<Page> {
  const client = createGraphClient({
    baseUrl,
    clock,
    chance,
    readOnly: true,
    ...(fetch && { fetch }),
    limits: { requestTimeoutMs: timeoutMs, attemptsMax: 1, waitBudgetMs: 0 },
    token: async ({ refused }) => {
      if (refused === null) return token;
      throw new GraphError({ problem: 'token_refused', method: 'GET', path: '' });
    },
  });
  const read = schema.safeParse(await client.get(path));
  if (read.success) return read.data;
  throw new GraphError({ problem: 'malformed_answer', method: 'GET', path: path.replace(/\?.*/, '') });
}
