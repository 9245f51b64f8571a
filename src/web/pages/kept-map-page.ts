import { z } from 'zod';
import { setMapping } from '../../entities/mapping/mapping.js';
import { CHANGES_MAX } from '../../entities/mapping/mapping-events.js';
import type { ReferenceKind } from '../../policies/catalogue/policy-type.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import { listSections } from '../hub/directory-list.js';
import { readHub } from '../hub/hub-read.js';
import {
  findChoice,
  isListed,
  kindsRead,
  type MappingChoiceRow,
  mappedSources,
  namesOfObjects,
  pageOfChoices,
} from '../hub/mapping.js';
import { optionalField } from '../optional-field.js';
import { pathWithQuery } from '../query-of.js';
import { commandOffer, graphStartOffer } from '../start-offers.js';
import { WebError } from '../web-error.js';
import { definePage, type PageRead } from './page.js';
import { change, defineForm } from './page-form.js';

const ADDRESS = 'restores/map';
const PATH = `/${ADDRESS}`;

/** Changes what one object becomes, or takes its choice back. */
const changeForm = defineForm({
  path: PATH,
  capability: setMapping.capability,
  fields: z.object({
    source: z.guid(),
    kind: z.string().max(40),
    id: z.string().max(200),
    /** The id that the object is to become. */
    becomes: z.string().trim().max(200).default(''),
    /** Sent by the button that takes the choice back. */
    takeBack: z.literal('yes').optional(),
  }),
  async submit(sent) {
    const { form, runtime, at } = sent;
    const { source, kind, id, becomes, takeBack } = form;
    if (!takeBack && becomes === '')
      throw new WebError('bad_request', 'Type the id that the object is to become, or take the choice back.');
    const object = { kind: kind as ReferenceKind, id: becomes };
    const { known, nameNow } = await readHub(runtime.deps, at.tenantId, async (db) => ({
      known: await findChoice(db, { sourceId: source, kind, id }),
      nameNow: (await namesOfObjects(db, [object]))(object),
    }));
    const back = `/${pathWithQuery(ADDRESS, { source: runtime.deps.ports.access.tenant(source)?.slug })}`;
    if (!known) throw new WebError('refused', 'This choice was taken back meanwhile. Open the page again.');
    const changed = {
      kind: kind as ReferenceKind,
      id: known.object_id,
      name: known.name,
      becomes: takeBack ? null : { id: becomes, name: nameNow },
    };
    await change(sent, setMapping, { sourceTenantId: source, changes: [changed] }, back);
    return back;
  },
});

const querySchema = z.object({
  /** The tenant whose policies are restored, by its short name; this tenant by default. */
  source: optionalField(z.string().max(100)),
  from: z.coerce.number().int().min(0).max(1_000_000).default(0),
});

/** The whole kept map of a pair of tenants: what objects become in restores, who chose it, and what isn't there now. */
export const keptMapPage = definePage<z.infer<typeof querySchema>>({
  path: PATH,
  under: '/restores',
  capability: 'features.read',
  template: 'pages/kept-map',
  query: querySchema,
  forms: [changeForm],
  async load(read) {
    const { db, access, query, runtime } = read;
    const { tenantId, slug } = access.tenant;
    const source = runtime.deps.ports.access.tenant(query.source ?? slug);
    const sources = await mappedSources(db);
    const sourceId = source?.tenantId;
    if (sourceId === undefined) return undefined;
    // Nothing is said about a tenant without a map here to those who don't belong to it.
    const belongs = runtime.deps.ports.access.rolesOf(read.personId, sourceId).length > 0;
    if (!belongs && !sources.includes(sourceId)) return undefined;
    const { rows, total } = await pageOfChoices(db, sourceId, { from: query.from, limit: CHANGES_MAX });
    const objects = rows.map((row) => ({ kind: row.kind as ReferenceKind, id: row.becomes_id }));
    const nameNow = await namesOfObjects(db, objects);
    const wasRead = await kindsRead(db);
    const link = (from: number) => pathWithQuery(ADDRESS, { source: query.source, from: from || undefined });
    return {
      title: 'Map of groups, filters and tags',
      view: {
        base: `/t/${slug}`,
        sourceId,
        from: sourceId === tenantId ? null : { name: source?.name },
        sources: linksOf(read, sources, sourceId),
        offer: commandOffer(access, setMapping),
        startOffer: await graphStartOffer(access, db),
        sections: await listSections(db),
        total,
        rows: rows.map((row) => rowOf(row, nameNow, wasRead)),
        first: query.from > 0 ? link(0) : null,
        next: query.from + rows.length < total ? link(query.from + CHANGES_MAX) : null,
      },
      people: rows.filter(({ chosen_by_kind }) => chosen_by_kind === 'member').map((row) => row.chosen_by_id),
    };
  },
});

/** Links to the other maps of this tenant. */
function linksOf({ access, runtime }: PageRead<unknown>, sources: readonly string[], shown: string) {
  const { tenantId } = access.tenant;
  return [...new Set([tenantId, ...sources])]
    .filter((id) => id !== shown)
    .flatMap((id) => {
      const tenant = runtime.deps.ports.access.tenant(id);
      if (!tenant) return [];
      const isOwn = id === tenantId;
      const label = isOwn ? 'this tenant’s own backups' : `backups of ${tenant.name}`;
      return [{ label, href: pathWithQuery(ADDRESS, { source: isOwn ? undefined : tenant.slug }) }];
    });
}

function rowOf(
  row: MappingChoiceRow,
  nameNow: Awaited<ReturnType<typeof namesOfObjects>>,
  wasRead: (kind: string) => boolean,
) {
  const kind = row.kind as ReferenceKind;
  const name = nameNow({ kind, id: row.becomes_id });
  return {
    row,
    word: REFERENCE_SOURCES[kind]?.word ?? row.kind,
    who: { kind: row.chosen_by_kind, id: row.chosen_by_id },
    trouble: troubleOf(row, name, wasRead(kind)),
  };
}

/** Why a choice may not be taken by the next preview; null when nothing speaks against it. */
function troubleOf(
  { kind, becomes_name }: MappingChoiceRow,
  nameNow: string | null,
  wasRead: boolean,
): string | null {
  if (!isListed(kind)) return null;
  if (!wasRead) return 'The list of its kind was never read, so nobody can say here whether it is there.';
  if (nameNow === null)
    return 'It isn’t in the lists that were read last. If it is gone, restores wait for another choice.';
  return becomes_name !== null && nameNow !== becomes_name ? `It is called “${nameNow}” now.` : null;
}
