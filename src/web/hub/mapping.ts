import { type Selectable, sql } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { DIRECTORY_KINDS, type DirectoryKind } from '../../entities/directory/directory.js';
import { groupBy } from '../../group-by.js';
import { alikeKey } from '../../mapping/alike-names.js';
import { type Candidate, isSameId, type ReferredObject } from '../../mapping/propose.js';
import type { ReferenceKind } from '../../policies/catalogue/policy-type.js';
import type { HubRead } from './hub-read.js';
import { cutPage } from './keyset.js';

export type MappingChoiceRow = Selectable<HubTables['mapping_choices']>;

/** An object that policies of a preview refer to. */
export interface PreviewReference {
  readonly kind: ReferenceKind;
  readonly id: string;
  readonly name: string | null;
  readonly name_hash: string | null;
  readonly resolution: string;
  readonly becomes: string | null;
  /** How many policies refer to it. */
  readonly policies: number;
}

/** Kinds whose objects are policies of the inventory, with the policy type. */
const POLICY_KINDS: Partial<Readonly<Record<ReferenceKind, string>>> = {
  certificate: 'deviceConfigurations',
  network_profile: 'deviceConfigurations',
  notification_template: 'notificationMessageTemplates',
  reusable_setting: 'reusablePolicySettings',
  compliance_script: 'deviceComplianceScripts',
  app: 'mobileApps',
  compliance_policy: 'deviceCompliancePolicies',
  device_configuration: 'deviceConfigurations',
  catalog_policy: 'configurationPolicies',
  device_script: 'deviceManagementScripts',
  enrollment_configuration: 'deviceEnrollmentConfigurations',
  autopilot_profile: 'windowsAutopilotDeploymentProfiles',
  app_protection: 'managedAppPolicies',
  app_configuration: 'mobileAppConfigurations',
  managed_app_configuration: 'targetedManagedAppConfigurations',
};

/** The most objects that are read as candidates at once. */
const CANDIDATES_MAX = 2_000;

/**
 * One page of what the policies of a preview refer to, each object once: what is missing first, then what became
 * another object, then the rest, which is left out unless `all` is set. Objects that the restore itself writes are
 * left out.
 */
export async function listReferences(
  db: HubRead,
  runId: string,
  { all, from, limit }: { readonly all: boolean; readonly from: number; readonly limit: number },
): Promise<{ readonly rows: readonly PreviewReference[]; readonly hasMore: boolean }> {
  const resolutions = all ? ['missing', 'mapped', 'same'] : ['missing', 'mapped'];
  const field = (name: string) => sql<string>`ref ->> ${sql.lit(name)}`;
  const oneOf = (name: string) => sql<string | null>`min(ref ->> ${sql.lit(name)})`;
  const found: readonly PreviewReference[] = await db
    .selectFrom('restore_plans')
    .innerJoinLateral(sql<{ ref: unknown }>`jsonb_array_elements(refers_to)`.as('ref'), (join) =>
      join.onTrue(),
    )
    .select([
      field('kind').$castTo<ReferenceKind>().as('kind'),
      field('id').as('id'),
      oneOf('name').as('name'),
      oneOf('nameHash').as('name_hash'),
      oneOf('resolution').$castTo<string>().as('resolution'),
      oneOf('becomes').as('becomes'),
      sql<number>`count(*)::int`.as('policies'),
    ])
    .where('run_id', '=', runId)
    .where(field('resolution'), 'in', resolutions)
    .groupBy([field('kind'), field('id')])
    .orderBy(sql`min(case ref ->> 'resolution' when 'missing' then 0 when 'mapped' then 1 else 2 end)`)
    .orderBy(field('kind'))
    .orderBy(oneOf('name'))
    .orderBy(field('id'))
    .limit(limit + 1)
    .offset(from)
    .execute();
  return cutPage(found, limit);
}

/** The choices that are kept for these objects of a source tenant. */
export async function choicesFor(
  db: HubRead,
  sourceId: string,
  objects: readonly ObjectId[],
): Promise<readonly MappingChoiceRow[]> {
  const ids = objects.map(({ id }) => id.toLowerCase());
  return db
    .selectFrom('mapping_choices')
    .selectAll()
    .where('source_id', '=', sourceId)
    .where('object_key', 'in', [...ids, ''])
    .execute();
}

/** What is kept for one object of a source tenant; undefined when nothing is. */
export async function findChoice(
  db: HubRead,
  { sourceId, kind, id }: { readonly sourceId: string; readonly kind: string; readonly id: string },
): Promise<MappingChoiceRow | undefined> {
  return db
    .selectFrom('mapping_choices')
    .selectAll()
    .where('source_id', '=', sourceId)
    .where('kind', '=', kind)
    .where('object_key', '=', id.toLowerCase())
    .executeTakeFirst();
}

/** One page of the choices that are kept for policies of a source tenant, and how many there are in all. */
export async function pageOfChoices(
  db: HubRead,
  sourceId: string,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<{ readonly rows: readonly MappingChoiceRow[]; readonly total: number }> {
  const choices = db.selectFrom('mapping_choices').where('source_id', '=', sourceId);
  const rows = await choices
    .selectAll()
    .orderBy('kind')
    .orderBy('name')
    .orderBy('object_key')
    .limit(limit)
    .offset(from)
    .execute();
  const counted = await choices
    .select((select) => select.fn.countAll<number>().as('number'))
    .executeTakeFirst();
  return { rows, total: Number(counted?.number ?? 0) };
}

/** The revision of the map that is kept for policies of a source tenant; -1 for none. */
export async function revisionOfMap(db: HubRead, sourceId: string): Promise<number> {
  const row = await db
    .selectFrom('mappings')
    .select('revision')
    .where('source_id', '=', sourceId)
    .executeTakeFirst();
  return row?.revision ?? -1;
}

/** The tenants whose policies have a kept map here, by id. */
export async function mappedSources(db: HubRead): Promise<readonly string[]> {
  const rows = await db.selectFrom('mapping_choices').select('source_id').distinct().execute();
  return rows.map(({ source_id }) => source_id);
}

/**
 * A reference in the form in which it is compared with candidates: groups, filters and tags by the keyed hashes of
 * their exact names, objects of the inventory by the names that are shown.
 */
export const referredObject = ({ kind, id, name, name_hash }: PreviewReference): ReferredObject => ({
  kind,
  id,
  name,
  exact: isDirectoryKind(kind) ? name_hash : name,
});

/** The objects of the tenant that references could become, by kind, from the caches in Postgres. */
export async function listCandidates(
  db: HubRead,
  references: readonly PreviewReference[],
): Promise<ReadonlyMap<ReferenceKind, readonly Candidate[]>> {
  const found = new Map<ReferenceKind, readonly Candidate[]>();
  for (const [kind, wanted] of groupBy(references, (reference) => reference.kind))
    if (isDirectoryKind(kind)) found.set(kind, await inDirectory(db, kind, wanted));
    else if (POLICY_KINDS[kind]) found.set(kind, await inInventory(db, POLICY_KINDS[kind], wanted));
  return found;
}

type ObjectId = Pick<ReferredObject, 'kind' | 'id'>;

/** Whether the caches list the objects of a kind, so that one that they don't have isn't there. */
export const isListed = (kind: string): boolean =>
  isDirectoryKind(kind as ReferenceKind) || kind in POLICY_KINDS;

/** The kinds whose lists were read at least once, so that an object that they don't have isn't there. */
export async function kindsRead(db: HubRead): Promise<(kind: string) => boolean> {
  const sections = await db.selectFrom('directory_sections').select('kind').execute();
  const types = await db.selectFrom('policy_type_readings').select('policy_type').execute();
  const known = new Set<string>(sections.map(({ kind }) => kind));
  const observed = new Set(types.map(({ policy_type }) => policy_type));
  return (kind) => known.has(kind) || observed.has(POLICY_KINDS[kind as ReferenceKind] ?? '');
}

/** Looks up the present shown names of objects; the name is null when the caches don't have the object. */
export async function namesOfObjects(
  db: HubRead,
  objects: readonly ObjectId[],
): Promise<(object: ObjectId) => string | null> {
  const unnamed = { name: null, name_hash: null, resolution: '', becomes: null, policies: 0 };
  const candidates = await listCandidates(
    db,
    objects.map(({ kind, id }) => ({ kind, id, ...unnamed })),
  );
  return ({ kind, id }) =>
    (candidates.get(kind) ?? []).find((candidate) => isSameId(candidate.id, id))?.name ?? null;
}

async function inDirectory(
  db: HubRead,
  kind: DirectoryKind,
  wanted: readonly PreviewReference[],
): Promise<readonly Candidate[]> {
  const names = wanted.flatMap(({ name }) => (name === null ? [] : [name]));
  const rows = await db
    .selectFrom('directory_objects')
    .select(['object_id', 'name', 'name_hash', 'dynamic'])
    .where('kind', '=', kind)
    .where((where) =>
      where.or([
        where('object_key', 'in', [...idsOf(wanted), '']),
        where('name_hash', 'in', [...wanted.flatMap(({ name_hash }) => name_hash ?? []), '']),
        where('alike_name', 'in', [...names.map(alikeKey), '\u0001']),
      ]),
    )
    .limit(CANDIDATES_MAX)
    .execute();
  return rows.map(({ object_id, name, name_hash, dynamic }) => ({
    id: object_id,
    name,
    exact: name_hash,
    dynamic,
  }));
}

async function inInventory(
  db: HubRead,
  policyType: string,
  wanted: readonly PreviewReference[],
): Promise<readonly Candidate[]> {
  const names = wanted.flatMap(({ name }) => (name === null ? [] : [name.toLowerCase()]));
  const rows = await db
    .selectFrom('policies')
    .select(['policy_id', 'name'])
    .where('policy_type', '=', policyType)
    .where((where) =>
      where.or([
        where('name_order', 'in', [...names, '']),
        where(sql<string>`lower(policy_id)`, 'in', [...idsOf(wanted), '']),
      ]),
    )
    .limit(CANDIDATES_MAX)
    .execute();
  return rows.map(({ policy_id, name }) => ({ id: policy_id, name, exact: name, dynamic: false }));
}

const idsOf = (wanted: readonly PreviewReference[]): readonly string[] =>
  wanted.map(({ id }) => id.toLowerCase());

const isDirectoryKind = (kind: ReferenceKind): kind is DirectoryKind =>
  (DIRECTORY_KINDS as readonly string[]).includes(kind);
