import { z } from 'zod';
import { batchesOf } from '../../batches-of.js';
import { BATCH_REQUESTS_MAX } from '../../graph/client/batch.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { concernsEveryCall } from '../../graph/client/graph-error.js';
import { isGranted } from '../../graph/permissions.js';
import { adminConsentAddress } from '../../graph/tokens/entra-connection.js';
import { tokenClaims } from '../../graph/tokens/token-claims.js';
import { POLICY_TYPES } from '../../policies/catalogue/policy-types.js';
import {
  connectionSchema,
  type GraphConnection,
  graphSignInSchema,
  isSafeAddress,
} from '../../tenancy/connection-events.js';
import { tenantStream } from '../../tenancy/tenant-events.js';
import { count } from '../../wording/number-words.js';
import { defineOperation } from '../define.js';
import { succeeded } from '../handling/item-outcomes.js';
import { produceAtEnd } from '../handling/produce-at-end.js';
import { whyUnread } from '../handling/why-unread.js';
import type { OperationServices } from '../operation-services.js';
import { NOT_CONNECTED } from '../plan.js';
import type { RunHandle } from '../run-handle.js';
import type { Outcome, WordsOf } from '../vocabulary.js';
import { ConnectionChecked, ROLES_MAX } from './connection-events.js';

const { credential, ...signInFields } = graphSignInSchema.shape;
const { kind, thumbprint, endsAt, assertionAlgorithm } = credential.shape;

/**
 * A proposed connection, whose credential is sealed under `proposalId`. Its fields aren't nested below
 * `credential`, because the sanitizer, which every run's input passes, masks everything below a field of that
 * name.
 */
const proposalSchema = z
  .strictObject({
    proposalId: z.guid(),
    baseUrl: connectionSchema.shape.baseUrl,
    ...signInFields,
    signsInWith: kind,
    thumbprint,
    endsAt,
    /** Runs that were queued before there was a choice have none. */
    assertionAlgorithm: assertionAlgorithm.default(null),
  })
  .refine(
    ({ baseUrl, authority }) => [baseUrl, authority ?? baseUrl].every(isSafeAddress),
    'is not https; only an address of this machine may be',
  );
type Proposal = z.output<typeof proposalSchema>;

const contextSchema = z.strictObject({
  /** The connection to check and then to use in place of the tenant's present one; null to check the present one. */
  proposed: proposalSchema.nullable(),
});

const vocabulary = {
  reasonCodes: {
    permission_not_granted: {
      kind: 'failure',
      retryable: false,
      meaning: 'The app lacks a permission that an operation needs.',
      advice: 'Add the permission to the app registration and consent to it again; then check again.',
    },
    writing_not_granted: {
      kind: 'skip',
      retryable: false,
      meaning: 'The app lacks a permission that only live restores use.',
      advice:
        'Nothing needs to be done for a tenant that is only read. Otherwise add the permission to the app registration and consent to it again.',
    },
    permissions_unknown: {
      kind: 'skip',
      retryable: false,
      meaning: 'The token does not say which permissions it has, as tokens of simulators may.',
      advice: 'Nothing needs to be done for a simulator.',
    },
  },
  events: [ConnectionChecked],
  linkKinds: ['connection'],
} as const;
type Run = RunHandle<WordsOf<typeof vocabulary>>;

/** Prefixes of the item ids of permissions and of policy types. */
export const PERMISSION_ITEMS = 'permission:';
export const POLICY_TYPE_ITEMS = 'type:';
const SIGN_IN_ITEM = 'sign-in';
/** Whether a permission is one to write, which only live restores use. */
export const isForWriting = (permission: string): boolean => permission.includes('.ReadWrite.');
const permissionItemId = (permission: string): string => `${PERMISSION_ITEMS}${permission}`;
const policyTypeItemId = (type: string): string => `${POLICY_TYPE_ITEMS}${type}`;

/**
 * Checks what works over a tenant's connection, with one item for each permission and each policy type (C3). A
 * proposed connection replaces the tenant's own in the same run, after it has signed in.
 */
export const connectionCheck = defineOperation({
  type: 'connection.check',
  label: 'Connection check',
  description: 'Signs in to the tenant’s Graph, and says which permissions and policy types it answers with.',
  itemisedBy: 'permission, then policy type',
  input: z.strictObject({ proposed: proposalSchema.nullable().default(null) }),
  withoutInput: 'the tenant’s own connection',
  /** A check of one credential is no check of the next one. */
  scope: z.strictObject({ proposalId: z.guid().nullable(), credentialId: z.guid().nullable() }),
  context: contextSchema,
  capability: ({ proposed }) => (proposed === null ? 'runs.start' : 'connections.manage'),
  ...vocabulary,
  async plan({ proposed }, { connected, credentialId = null }) {
    if (proposed === null && !connected) return NOT_CONNECTED;
    return {
      plan: {
        scope: proposed
          ? { proposalId: proposed.proposalId, credentialId: null }
          : { proposalId: null, credentialId },
        context: { proposed },
        title: proposed === null ? 'Check of the connection' : 'Check of a new connection',
        total: null,
        related: [],
      },
    };
  },
  async handle(run, context, services) {
    const proposed = context.proposed && connectionOf(context.proposed);
    const { connection, graph, token } = await services.connection({ tenantId: run.tenantId, run, proposed });
    const needs = permissionsOf(services);
    await run.setTotal(1 + needs.size + POLICY_TYPES.length);
    const roles = rolesIn(await token());
    await run.record(succeeded({ itemId: SIGN_IN_ITEM, label: 'Sign-in', subject: null }), {
      type: 'ConnectionChecked',
      data: {
        credentialId: connection.signIn?.credential.id ?? null,
        roles,
        consentAddress: connection.signIn && adminConsentAddress(connection.signIn),
      },
    });
    for (const [permission, labels] of needs) await run.record(permissionOutcome(permission, labels, roles));
    await checkTypes(run, graph, roles);
    await run.flush();
    if (proposed)
      await produceAtEnd(run, services.ledger, tenantStream(run.tenantId), {
        type: 'GraphConnectionSet',
        data: proposed,
      });
    return {
      summary: summaryOf(run, proposed !== null),
      related: [{ relation: 'checked', kind: 'connection', id: run.tenantId, label: 'Connection' }],
    };
  },
});

/** The proposed connection in the form in which a tenant's connection is stored. */
export function connectionOf(proposal: Proposal): GraphConnection {
  const { proposalId: id, signsInWith: kind, thumbprint, endsAt, baseUrl, ...rest } = proposal;
  const { assertionAlgorithm: chosen, ...signIn } = rest;
  const assertionAlgorithm = kind === 'certificate' ? (chosen ?? 'PS256') : null;
  return { baseUrl, signIn: { ...signIn, credential: { id, kind, thumbprint, endsAt, assertionAlgorithm } } };
}

/** A connection in the form of the run's input. Throws a TypeError when its credential has no id. */
export function proposalOf({ baseUrl, signIn }: GraphConnection): Proposal {
  if (!signIn?.credential.id) throw new TypeError('the connection names no credential');
  const { credential, ...fields } = signIn;
  const { id: proposalId, kind: signsInWith, ...facts } = credential;
  return { proposalId: proposalId ?? '', signsInWith, baseUrl, ...facts, ...fields };
}

/** By permission: the labels of the operation types that need it. */
function permissionsOf({ graphNeeds }: OperationServices): ReadonlyMap<string, readonly string[]> {
  const labels = new Map<string, string[]>();
  for (const { label, permissions } of graphNeeds)
    for (const permission of permissions) labels.set(permission, [...(labels.get(permission) ?? []), label]);
  return new Map([...labels].sort());
}

/** The permissions in a token, or null when the token doesn't list them. */
function rolesIn(token: string): string[] | null {
  const claims = tokenClaims(token);
  return claims && [...claims.roles].sort().slice(0, ROLES_MAX);
}

function permissionOutcome(
  permission: string,
  labels: readonly string[],
  roles: readonly string[] | null,
): Outcome<WordsOf<typeof vocabulary>> {
  const itemId = permissionItemId(permission);
  const item = { itemId, label: permission, subject: null };
  if (roles === null)
    return {
      ...item,
      outcome: 'skipped',
      reasonCode: 'permissions_unknown',
      reason: 'The token does not say which permissions it has.',
    };
  if (isGranted(roles, permission)) return succeeded(item);
  const reason = `The app does not have it. Needed for: ${labels.join(', ')}.`;
  // Who only reads a tenant leaves those permissions out on purpose.
  return isForWriting(permission)
    ? { ...item, outcome: 'skipped', reasonCode: 'writing_not_granted', reason }
    : { ...item, outcome: 'failed', reasonCode: 'permission_not_granted', reason };
}

/** Reads one policy of each type, many types in one batch request. */
async function checkTypes(run: Run, graph: GraphReader, roles: readonly string[] | null): Promise<void> {
  const open = POLICY_TYPES.filter(({ name }) => !run.recorded.has(policyTypeItemId(name)));
  for (const types of batchesOf(open, BATCH_REQUESTS_MAX)) {
    const answers = await graph.batch(
      types.map(({ path }) => `${path}?$top=1`),
      { signal: run.signal },
    );
    for (const [index, type] of types.entries()) {
      const answer = answers[index];
      const item = { itemId: policyTypeItemId(type.name), label: type.label, subject: null };
      const error = answer && 'error' in answer ? answer.error : undefined;
      if (error && concernsEveryCall(error)) throw error;
      await run.record(error ? { ...item, ...whyUnread(type, error, roles) } : succeeded(item));
    }
  }
}

function summaryOf(run: Run, tookOver: boolean): string {
  const items = [...run.recorded.values()];
  const broken = items.filter(
    ({ outcome, reasonCode }) => outcome === 'failed' || reasonCode === 'permission_missing',
  ).length;
  const unlicensed = items.filter(({ reasonCode }) => reasonCode === 'licence_missing').length;
  const unwritable = items.filter(({ reasonCode }) => reasonCode === 'writing_not_granted').length;
  const worked =
    broken === 0
      ? 'Everything answers'
      : `${broken} of ${items.length} ${broken === 1 ? 'does' : 'do'} not work`;
  const licences =
    unlicensed === 0 ? '' : `, ${unlicensed} policy ${unlicensed === 1 ? 'type' : 'types'} without a licence`;
  const writing =
    unwritable === 0
      ? ''
      : `, ${count(unwritable, 'permission')} to restore ${unwritable === 1 ? 'is' : 'are'} not granted`;
  return `${tookOver ? 'Connected. ' : ''}${worked}${licences}${writing}`;
}
