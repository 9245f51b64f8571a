import { type PolicyType, staysAsItIs } from '../catalogue/policy-types.js';
import { withArticle } from '../catalogue/references.js';
import type { PolicyDocument } from '../policy-document.js';
import { directAssignments, hasExclusion } from './assign-requests.js';
import { namesDefinitions } from './content-requests.js';
import { differingParts } from './differing-parts.js';
import type { Draft, DraftInput } from './draft.js';
import { draftCreate } from './draft-create.js';
import { draftUpdate } from './draft-update.js';
import { unmappedLimits, wantedState } from './wanted-state.js';
import { unansweredSecrets, withheldPlaces } from './withheld-secrets.js';
import type { WriteInput, WriteLimit, WritePlan } from './write-plan.js';

/**
 * Plans the requests that write a captured policy to a tenant: one that creates or changes it, those for its parts
 * that differ, and the assignment of the whole set. Nothing is planned where the live policy compares equal to the
 * snapshot, so planning again with Graph's answer after the requests shows what still differs. Errors: none; what
 * can't be set as it was is a limit of the plan.
 */
export function planWrites(input: WriteInput): WritePlan {
  const { type, live, mode } = input;
  if (type.writing === null) return blockedBy([notWritable(type)]);
  const untouched = staysAsItIs(type, input.snapshot.raw);
  if (untouched !== null) return { action: 'leave', requests: [], limits: [leftOut(untouched)] };
  if (mode === 'missing' && live !== null) return { action: 'leave', requests: [], limits: [] };
  const creates = live === null || mode === 'copy';
  const wanted = wantedState({ ...input, live: creates ? null : live });
  const drafting: DraftInput = { ...input, writing: type.writing, wanted: wanted.document };
  const draft = creates ? draftCreate(drafting) : draftUpdate({ ...drafting, live });
  const limits = [
    ...draft.limits,
    ...unmappedLimits(wanted, draft.written, ({ kind }) => withArticle(kind)),
    ...(draft.requests.length > 0 ? unsendable(drafting, draft, creates) : []),
  ];
  if (limits.some(({ reasonCode }) => reasonCode !== null)) return blockedBy(limits);
  if (draft.requests.length === 0) return { action: 'leave', requests: [], limits };
  const action = creates ? 'create' : 'update';
  return { action, requests: draft.requests, limits: [...warnings(drafting), ...limits] };
}

/**
 * Whether a live policy could become the snapshot's: none of the fields differs that Graph can't change, such as the
 * platform. A policy of the same name for which this is false is another policy. The name itself isn't compared.
 */
export function isUpdateTarget(type: PolicyType, snapshot: PolicyDocument, live: PolicyDocument): boolean {
  if (type.writing === null || staysAsItIs(type, live.raw) !== null) return false;
  const { fields } = differingParts(type, live, snapshot);
  const { fixed, typed } = type.writing;
  return ![...fixed, ...(typed ? ['@odata.type'] : [])].some(
    (field) => field !== type.nameField && fields.has(field),
  );
}

function warnings({ writing, wanted }: DraftInput): readonly WriteLimit[] {
  const reason = writing.warning?.(wanted.raw) ?? null;
  return reason === null ? [] : [{ kind: 'in_force_at_once', field: 'state', reasonCode: null, reason }];
}

function blockedBy(limits: readonly WriteLimit[]): WritePlan {
  return { action: 'blocked', requests: [], limits };
}

/** Limits for content that the requests would hold but must not send. */
function unsendable(
  { writing, snapshot, wanted }: DraftInput,
  { requests, sent, written }: Draft,
  creates: boolean,
): readonly WriteLimit[] {
  const limits: WriteLimit[] = [];
  const places = new Set(Object.entries(sent).flatMap(([field, value]) => withheldPlaces(value, field)));
  if (creates) for (const field of unansweredSecrets(snapshot.raw)) places.add(field);
  for (const field of places)
    limits.push({
      kind: 'secret_withheld',
      field,
      reasonCode: 'secret_unavailable',
      reason: `Graph withheld the secret in “${field}” when the policy was captured, so it can’t be written.`,
    });
  if (writing.content === 'updateDefinitionValues' && written.has('settings'))
    if (!namesDefinitions(wanted.settings ?? []))
      limits.push({
        kind: 'content_missing',
        field: 'definitionValues',
        reasonCode: 'not_restorable',
        reason: 'The snapshot doesn’t say which definitions its values belong to.',
      });
  const assigns = requests.some(({ what }) => what === 'assign');
  if (assigns && writing.assign && !writing.assign.exclusions)
    if (hasExclusion(directAssignments(wanted.assignments)))
      limits.push({
        kind: 'exclusion_refused',
        field: 'assignments',
        reasonCode: 'not_restorable',
        reason: 'Graph would take the excluded group for an included one, so nothing is assigned.',
      });
  return limits;
}

function notWritable({ notWritable }: PolicyType): WriteLimit {
  return {
    kind: 'not_writable',
    field: '',
    reasonCode: 'not_restorable',
    reason: `Policies of this type can’t be written: ${notWritable ?? ''}.`,
  };
}

/** The limit of a policy that a restore never writes. */
function leftOut(what: string): WriteLimit {
  return {
    kind: 'left_out',
    field: '',
    reasonCode: null,
    reason: `It stays as it is: a restore leaves out ${what}.`,
  };
}
