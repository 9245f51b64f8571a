import fc from 'fast-check';
import t from 'tap';
import { systemClock } from '../../../src/clock.js';
import { serveGraph } from '../../../src/graph/simulator/graph-service.js';
import type { GraphObject, GraphValue } from '../../../src/graph/simulator/graph-value.js';
import { createTenantState, type SimulatedState } from '../../../src/graph/simulator/tenant-state.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import {
  childrenOf,
  linkNamesOf,
  POLICY_TYPES,
  type PolicyType,
} from '../../../src/policies/catalogue/policy-types.js';
import { comparePolicySets } from '../../../src/policies/compare-policy-sets.js';
import type { PolicyDocument } from '../../../src/policies/policy-document.js';
import { planWrites } from '../../../src/policies/writing/plan-writes.js';
import { type WriteRequest, withCreatedId } from '../../../src/policies/writing/write-plan.js';
import { createSeededChance } from '../../support/seeded-chance.js';
import { POLICY_ID, REFERRED_TO, statesOf } from './generated-policies.js';
import { GRAPH_ROOT, inputOf, NOW } from './plan-input.js';

const clock = { ...systemClock, now: () => NOW };
const WRITABLE = POLICY_TYPES.filter(({ writing }) => writing !== null);
const RUNS = 40;

/** The document of a policy, split from the object that contains all of it. */
function documentOf(type: PolicyType, entity: GraphObject): PolicyDocument {
  const { assignments = [], ...all } = entity;
  const raw: JsonObject = { ...all };
  const taken = (field: string): JsonObject[] => {
    const value = raw[field];
    delete raw[field];
    return [value ?? []].flat().filter((row) => row !== null) as JsonObject[];
  };
  const settings = type.content ? taken(type.content.name) : null;
  const names = [...childrenOf(type, raw).map(({ name }) => name), ...linkNamesOf(type, raw)];
  const attached = Object.fromEntries(names.map((name) => [name, taken(name)]));
  return { raw, settings, assignments: assignments as JsonObject[], ...(names.length > 0 && { attached }) };
}

function tenantWith(type: PolicyType, live: GraphObject | null): SimulatedState {
  const content = new Map(REFERRED_TO);
  if (live) content.set(type.path, [...(content.get(type.path) ?? []), live]);
  return createTenantState(content, 'journal');
}

/** Sends the requests of a plan as the client would. Returns the policy's id. Throws when a request is refused. */
function carryOut(state: SimulatedState, requests: readonly WriteRequest[], liveId: string): string {
  const chance = createSeededChance(1);
  let id = liveId;
  for (const planned of requests) {
    const { what, method, path, body } = withCreatedId(planned, id);
    const segments = path.split('/').map(decodeURIComponent);
    const answer = serveGraph(
      { reads: state, writes: state },
      {
        method,
        segments,
        query: new URLSearchParams(),
        body: (body ?? undefined) as GraphValue | undefined,
        allMembers: true,
        ifMatch: null,
        base: GRAPH_ROOT,
      },
      { clock, chance },
    );
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify([answer.body, body])}`);
    if (what === 'create') id = String(answer.body?.id);
  }
  return id;
}

/** Throws unless the policy equals the snapshot and a second plan has no requests. */
function assertRestored(type: PolicyType, snapshot: PolicyDocument, now: PolicyDocument): void {
  const again = planWrites(inputOf(type, snapshot, now));
  if (again.action !== 'leave' || again.limits.length > 0)
    throw new Error(`planned again: ${JSON.stringify(again)}`);
  const inSet = (document: PolicyDocument) => ({
    policyType: type.name,
    id: POLICY_ID,
    name: String(document.raw[type.nameField]),
    document,
  });
  const found = comparePolicySets([inSet(snapshot)], [inSet(now)]);
  if (found.length > 0) throw new Error(`differs: ${JSON.stringify(found)}`);
}

for (const type of WRITABLE)
  t.test(
    `${type.label}: after the plan’s requests the policy equals the snapshot, and a second plan is empty`,
    (t) => {
      fc.assert(
        fc.property(statesOf(type), fc.boolean(), ([captured, there], isThere) => {
          const snapshot = documentOf(type, captured);
          const state = tenantWith(type, isThere ? there : null);
          const live = isThere ? documentOf(type, there) : null;
          const plan = planWrites(inputOf(type, snapshot, live));
          if (plan.action === 'blocked') throw new Error(JSON.stringify(plan.limits));
          const count = (what: WriteRequest['what']) => plan.requests.filter((r) => r.what === what).length;
          if (count('create') + count('update') > 1) throw new Error('more than one write of the policy');
          if (type.writing?.assign?.kind === 'action' && count('assign') > 1)
            throw new Error('assigned twice');
          const id = carryOut(state, plan.requests, POLICY_ID);
          const now = state.get(type.path, id);
          if (!now) throw new Error('the policy isn’t there');
          assertRestored(type, snapshot, documentOf(type, now));
        }),
        { numRuns: RUNS },
      );
      t.pass(`${RUNS} pairs of states`);
      t.end();
    },
  );
