import { z } from 'zod';
import { policyKeyOf } from '../../entities/policy/policy.js';
import {
  policyTypeNamed,
  policyTypeNameSchema,
  READ_PERMISSIONS,
} from '../../policies/catalogue/policy-types.js';
import { type Captured, captureSnapshot } from '../../snapshots/capture-snapshot.js';
import { count } from '../../wording/number-words.js';
import { defineOperation } from '../define.js';
import { endsOneType } from '../handling/ends-one-type.js';
import { graphCallOf } from '../handling/graph-call-of.js';
import { succeeded } from '../handling/item-outcomes.js';
import { policyItemId } from '../inventory-sync/policy-items.js';
import type { OperationServices } from '../operation-services.js';
import { NOT_CONNECTED } from '../plan.js';
import { nameForTitle } from '../policy-choice/policy-choice.js';
import type { RunHandle } from '../run-handle.js';
import type { CommonWords, Outcome, WordsOf } from '../vocabulary.js';

const ID_LENGTH_MAX = 200;

const policySchema = z.strictObject({
  policyType: policyTypeNameSchema,
  policyId: z.string().min(1).max(ID_LENGTH_MAX),
});
type PolicyId = z.output<typeof policySchema>;

const vocabulary = { reasonCodes: {}, events: [], linkKinds: ['policy', 'snapshot'] } as const;
type Run = RunHandle<WordsOf<typeof vocabulary>>;

/** Stores one policy as a new version; content that is the same as before isn't stored again (K2). */
export const policyCaptureSnapshot = defineOperation({
  type: 'policy.capture_snapshot',
  label: 'Snapshot',
  description: 'Keeps one policy whole, as a version that can be compared, exported and put back.',
  itemisedBy: 'the policy',
  input: policySchema.extend({
    name: nameForTitle.optional(),
  }),
  scope: policySchema,
  context: policySchema,
  permissions: READ_PERMISSIONS,
  ...vocabulary,
  async plan({ name, policyType, policyId }, { connected, tenantId }) {
    if (!connected) return NOT_CONNECTED;
    const shown = name || policyId;
    return {
      plan: {
        // The case of an id doesn't matter, so it doesn't change the operation's key.
        scope: { policyType, policyId: policyId.toLowerCase() },
        context: { policyType, policyId },
        title: `Snapshot of “${shown}”`,
        total: 1,
        related: [
          {
            relation: 'policy',
            kind: 'policy',
            id: policyKeyOf(tenantId, policyType, policyId),
            label: shown,
          },
        ],
      },
    };
  },
  async handle(run, policy, services) {
    const captured = await capture(run, policy, services);
    await run.flush();
    if (!captured) return { summary: 'The policy could not be read', related: [] };
    const { kind, snapshot } = captured;
    const secrets = count(snapshot.withheld.count, 'secret', 'secrets');
    const withheld = snapshot.withheld.count === 0 ? '' : `, without ${secrets} that Graph withholds`;
    return {
      summary: kind === 'captured' ? `Kept as a new version${withheld}` : 'Unchanged since the last snapshot',
      related: [
        {
          relation: kind === 'captured' ? 'produced' : 'unchanged',
          kind: 'snapshot',
          id: snapshot.id,
          label: snapshot.name,
        },
      ],
    };
  },
});

/** Captures the policy and records its item; undefined when it couldn't be read. Errors: those that end a run. */
async function capture(
  run: Run,
  { policyType, policyId }: PolicyId,
  services: OperationServices,
): Promise<Captured | undefined> {
  const type = policyTypeNamed(policyType);
  if (!type) throw run.failure('unexpected', `This program doesn't know the policy type ${policyType}.`);
  const graph = await services.graph({ tenantId: run.tenantId, run });
  const item = { itemId: policyItemId(policyType, policyId), subject: { type: policyType, id: policyId } };
  try {
    const captured = await run.withinItemBudget((signal) =>
      captureSnapshot(services, graph, run, {
        type,
        id: policyId,
        call: graphCallOf(run, signal),
      }),
    );
    await run.record(outcomeOf(item, captured));
    return captured;
  } catch (error) {
    if (!endsOneType(error)) throw error;
    const { reasonCode } = error;
    const reason =
      reasonCode === 'graph_not_found'
        ? 'The tenant has no such policy any more; it was probably deleted. An inventory will show.'
        : error.message;
    await run.record({ ...item, label: policyId, outcome: 'failed', reasonCode, reason });
    return undefined;
  }
}

function outcomeOf(
  item: Pick<Outcome, 'itemId' | 'subject'>,
  { kind, snapshot }: Captured,
): Outcome<CommonWords> {
  const label = snapshot.name;
  if (kind === 'captured') return succeeded({ ...item, label });
  const reason = 'The newest snapshot has the same content, so no other was made.';
  return { ...item, label, outcome: 'skipped', reasonCode: 'unchanged', reason };
}
