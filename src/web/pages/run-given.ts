import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { policyKeyOf } from '../../entities/policy/policy.js';
import { isSameId } from '../../mapping/propose.js';
import { previewContextSchema } from '../../operations/restore-preview/restore-options.js';
import type { HubRead } from '../hub/hub-read.js';
import { findEvent, firstRevision } from '../hub/run-history.js';
import { type Given, givenInWords, idsGiven, type NamesById } from '../view/given.js';
import type { PageRead } from './page.js';

type GivenRun = Pick<Selectable<HubTables['runs']>, 'tenant_id' | 'run_id' | 'context'>;

/** What a run was given. */
export interface RunGiven {
  /** Field by field. What the run links to, its items, other policies and the tenant of its set have their names. */
  readonly fields: readonly Given[];
  /** Whether the run's first event contains its input, as it does since inputs are recorded. */
  readonly isRecorded: boolean;
}

/** Reads what a run was given from its first event. */
export async function givenOf(
  { db, runtime }: Pick<PageRead<unknown>, 'db' | 'runtime'>,
  run: GivenRun,
): Promise<RunGiven> {
  const queued = await findEvent(db, run.run_id, firstRevision(run.run_id));
  const input = queued?.data.input;
  const ids = idsGiven(input);
  const names = new Map([...(await namesIn(db, run, ids)), ...nameOfSource(runtime, run, ids)]);
  const fields = givenInWords(input, names);
  return { fields, isRecorded: input !== undefined && input !== null };
}

/** The name of the tenant that a preview's backup set belongs to. The preview's title contains it too. */
function nameOfSource(
  { deps }: PageRead<unknown>['runtime'],
  { context }: GivenRun,
  ids: readonly string[],
): NamesById {
  const sourceTenantId = previewContextSchema.safeParse(context).data?.sourceTenantId;
  const name = sourceTenantId && deps.ports.access.tenant(sourceTenantId)?.name;
  if (!name) return new Map();
  return new Map(ids.filter((id) => isSameId(id, sourceTenantId)).map((id) => [id, name]));
}

async function namesIn(
  db: HubRead,
  { tenant_id: tenantId, run_id: runId }: GivenRun,
  ids: readonly string[],
): Promise<NamesById> {
  if (ids.length === 0) return new Map();
  const links = await db
    .selectFrom('run_links')
    .select(['target_id as id', 'label'])
    .where('run_id', '=', runId)
    .where('target_id', 'in', [...ids])
    .execute();
  const items = await db
    .selectFrom('run_items')
    .select(['item_id as id', 'label'])
    .where('run_id', '=', runId)
    .where('item_id', 'in', [...ids])
    .execute();
  const names = new Map([...items, ...links].map(({ id, label }) => [id, label]));
  const unnamed = ids.filter((id) => !names.has(id));
  return new Map([...(await namesOfPolicies(db, tenantId, unnamed)), ...names]);
}

/**
 * The present names of policies, by `type/id`; the run has no items of its own for those that it repeats or hasn't read
 * yet.
 */
async function namesOfPolicies(
  db: HubRead,
  tenantId: string,
  itemIds: readonly string[],
): Promise<readonly (readonly [itemId: string, name: string])[]> {
  const keys = new Map(
    itemIds.flatMap((itemId) => {
      const [type = '', ...id] = itemId.split('/');
      return id.length === 0 ? [] : [[policyKeyOf(tenantId, type, id.join('/')), itemId] as const];
    }),
  );
  if (keys.size === 0) return [];
  const policies = await db
    .selectFrom('policies')
    .select(['policy_key', 'name'])
    .where('policy_key', 'in', [...keys.keys()])
    .execute();
  return policies.map(({ policy_key, name }) => [keys.get(policy_key) ?? '', name]);
}
