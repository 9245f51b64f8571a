import type { GraphPolicy } from '../../graph/policies/graph-policy.js';
import { comparedName, derivedTypeOf, type PolicyType } from '../../policies/catalogue/policy-types.js';
import { rankOf } from '../../policies/catalogue/policy-writing.js';
import { compareAssignments, compareSettings, type SettingChange } from '../../policies/compare-policies.js';
import type { DirectoryNames } from '../../policies/directory-names.js';
import { flattenPolicy } from '../../policies/flatten-policy.js';
import { notComparedOf, withAttachedOfBoth } from '../../policies/linked-content.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { planWrites } from '../../policies/writing/plan-writes.js';
import { wantedState } from '../../policies/writing/wanted-state.js';
import type { WriteInput, WritePlan } from '../../policies/writing/write-plan.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import type { WholeSnapshot } from '../../snapshots/read-snapshot.js';
import { evidenceOf } from '../drift-generate/evidence.js';
import { digestsOf } from './reference-digests.js';
import { mappedBy, plannedReferences, type ReferenceResolution } from './reference-resolution.js';
import {
  LIMIT_FIELD_LENGTH_MAX,
  LIMIT_REASON_LENGTH_MAX,
  LIMITS_MAX,
  type PlannedPolicy,
  REFERENCES_MAX,
  type RestoreAction,
} from './restore-events.js';
import type { RestoreOptions } from './restore-options.js';

/** What a plan of one policy is made of. */
export interface PlanInput {
  readonly type: PolicyType;
  readonly whole: WholeSnapshot;
  /** The policy that would be changed, or null when there is none. */
  readonly live: GraphPolicy | null;
  readonly recreated: boolean;
  readonly options: RestoreOptions;
  readonly copyName: string;
  /** In the order of the snapshot's references. */
  readonly resolutions: readonly ReferenceResolution[];
  /** Keyed hashes of the references' exact names, in the same order; null for an unknown name. */
  readonly nameHashes: readonly (string | null)[];
  readonly names: DirectoryNames;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The plan of one policy that is shown to people. */
export type PolicyPlan = Omit<PlannedPolicy, 'liveHashes' | 'itemId'>;

/** The beginning of addresses in request bodies; it decides nothing about the number of requests. */
const GRAPH_ROOT = 'https://graph.microsoft.com/beta';

/** Plans what a restore would do with one policy. Nothing is read or written. */
export function planPolicy(input: PlanInput): PolicyPlan {
  const { type, whole, live, resolutions, options } = input;
  const { snapshot, policy, references } = whole;
  const writeInput = writeInputOf(input, GRAPH_ROOT);
  const writes = planWrites(writeInput);
  const action = actionOf(input, writes);
  const changes = live !== null && (action === 'update' || action === 'recreated');
  return {
    snapshot: snapshot.id,
    policyType: type.name,
    policyId: snapshot.policyId,
    name: snapshot.name,
    action,
    liveId: live && options.mode !== 'copy' ? bounded(live.id, 200) : null,
    includes: { assignments: options.includeAssignments, scopeTags: options.includeScopeTags },
    rank: type.writing ? rankOf(type.writing, derivedTypeOf(policy.raw)) : 0,
    writes: writes.requests.length,
    limits: plannedLimits(writes),
    references: plannedReferences(references, resolutions, input.nameHashes),
    ...(references.length > REFERENCES_MAX && { referencesDigest: digestsOf(references, resolutions) }),
    evidence: changes ? evidenceOfChange(type, live, writeInput, input.names) : null,
  };
}

/** What can't be set as it was in the form of the event: what blocks the policy comes first. */
function plannedLimits({ limits }: WritePlan): PlannedPolicy['limits'] {
  return limits
    .toSorted((one, other) => Number(one.reasonCode === null) - Number(other.reasonCode === null))
    .slice(0, LIMITS_MAX)
    .map(({ kind, field, reason, reasonCode }) => ({
      kind,
      field: bounded(sanitizeText(field), LIMIT_FIELD_LENGTH_MAX),
      reason: bounded(sanitizeText(reason), LIMIT_REASON_LENGTH_MAX),
      blocks: reasonCode !== null,
    }));
}

/** What the writers of the policy's type need. */
function writeInputOf(
  { type, whole, live, options, copyName, resolutions, now }: PlanInput,
  graphRoot: string,
): WriteInput {
  return {
    type,
    live,
    copyName,
    graphRoot,
    now,
    snapshot: whole.policy,
    mode: options.mode,
    includeAssignments: options.includeAssignments,
    includeScopeTags: options.includeScopeTags,
    mapped: mappedBy(whole.references, resolutions),
  };
}

function actionOf({ type, recreated }: PlanInput, { action }: WritePlan): RestoreAction {
  if (type.writing === null) return 'not_supported';
  return action === 'update' && recreated ? 'recreated' : action;
}

function evidenceOfChange(
  type: PolicyType,
  live: GraphPolicy,
  input: WriteInput,
  names: DirectoryNames,
): PlannedPolicy['evidence'] {
  const { document } = wantedState(input);
  const wanted: PolicyDocument = input.includeAssignments
    ? document
    : { ...document, assignments: live.assignments };
  const [after, before] = withAttachedOfBoth(type, wanted, live);
  const settings = compareSettings(flattenPolicy(type, before), flattenPolicy(type, after), names);
  const settingsChanged = [...renaming(type, live, wanted), ...settings.settingsChanged];
  const assignments = compareAssignments(live.assignments, wanted.assignments, names);
  return evidenceOf({ ...settings, settingsChanged, ...assignments }, notComparedOf(type, before, after));
}

/** The change of the name, which is no setting; empty when it stays. */
function renaming(type: PolicyType, live: PolicyDocument, wanted: PolicyDocument): readonly SettingChange[] {
  const nameOf = ({ raw }: PolicyDocument) => [JSON.stringify(comparedName(type, raw))];
  const [before, after] = [nameOf(live), nameOf(wanted)];
  if (before[0] === after[0]) return [];
  const sides = { before, after, removed: before, added: after };
  return [{ path: type.nameField, label: 'name', ...sides, reordered: false, secret: false }];
}
