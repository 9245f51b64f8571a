import { z } from 'zod';
import { setMapping } from '../../entities/mapping/mapping.js';
import { CHANGES_MAX } from '../../entities/mapping/mapping-events.js';
import { type Candidate, type Proposal, propose } from '../../mapping/propose.js';
import {
  type PreviewContext,
  previewContextSchema,
} from '../../operations/restore-preview/restore-options.js';
import type { ReferenceKind } from '../../policies/catalogue/policy-type.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import { referenceKey } from '../../policies/references.js';
import { listSections } from '../hub/directory-list.js';
import { type HubRead, readHub } from '../hub/hub-read.js';
import {
  choicesFor,
  listCandidates,
  listReferences,
  type MappingChoiceRow,
  mappedSources,
  namesOfObjects,
  type PreviewReference,
  referredObject,
} from '../hub/mapping.js';
import { findRun } from '../hub/run-detail.js';
import type { RunRow } from '../hub/run-order.js';
import { optionalField } from '../optional-field.js';
import { pathWithQuery } from '../query-of.js';
import { commandOffer, graphStartOffer } from '../start-offers.js';
import { differenceWords } from '../view/mapping-words.js';
import { resolutionWords } from '../view/restore-words.js';
import { WebError } from '../web-error.js';
import { type OtherTenantSource, otherTenantSource, withSource } from './other-tenant-source.js';
import { definePage, type PageRead } from './page.js';
import { change, defineForm, startedRun } from './page-form.js';

const PATH = '/restores/:run/mapping';
const RUN_ID = { param: 'run', kind: 'run' } as const;
/** The value of an option that leaves a choice as it is. */
const KEEP_MAPPING = 'kept';

const KINDS = Object.keys(REFERENCE_SOURCES) as ReferenceKind[];

/** One value for each row of the form, in the order of the rows. */
const column = <T extends z.ZodType>(value: T) =>
  z.preprocess((sent) => (Array.isArray(sent) ? sent : [sent]), z.array(value).min(1).max(CHANGES_MAX));

/** Keeps what was chosen on the page; rows that nobody touched stay as they are. */
const chooseForm = defineForm({
  path: PATH,
  capability: setMapping.capability,
  id: RUN_ID,
  fields: z.object({
    kind: column(z.enum(KINDS)),
    id: column(z.string().min(1).max(200)),
    name: column(z.string().max(300)),
    /** An offered id, empty to take a choice back, or KEEP_MAPPING. */
    to: column(z.string().max(200)),
    /** Another id, typed by hand; it counts more than `to`. */
    other: column(z.string().trim().max(200)),
  }),
  async submit(sent) {
    const { form, runtime, at, params } = sent;
    const back = `/restores/${params.run}/mapping`;
    const wanted = form.kind.flatMap((kind, row) => {
      const [id, name, to, other] = [form.id[row], form.name[row], form.to[row], form.other[row]];
      if (id === undefined || name === undefined || to === undefined || other === undefined)
        throw new WebError('bad_request', 'Some fields of the form are missing. Open the page again.');
      if (other === '' && to === KEEP_MAPPING) return [];
      return [{ kind, id, name: name === '' ? null : name, becomes: other || to }];
    });
    const { sourceId, changes } = await readHub(runtime.deps, at.tenantId, async (db) => {
      const run = await findRun(db, params.run ?? '');
      const chosen = wanted.filter(({ becomes }) => becomes !== '');
      const nameOf = await namesOfObjects(
        db,
        chosen.map(({ kind, becomes }) => ({ kind, id: becomes })),
      );
      const changes = wanted.map(({ becomes: id, ...object }) => ({
        ...object,
        becomes: id === '' ? null : { id, name: nameOf({ kind: object.kind, id }) },
      }));
      return { sourceId: run && sourceOf(run, at.tenantId), changes };
    });
    if (sourceId === undefined) throw noPreview();
    if (changes.length > 0)
      await change(
        sent,
        setMapping,
        { sourceTenantId: sourceId, changes } as Parameters<typeof setMapping.carryOut>[1],
        back,
      );
    return back;
  },
});

/** The link to the kept map; null where its page isn't shown to those without a role in the source tenant. */
async function linkToMap(
  db: HubRead,
  sourceId: string,
  from: OtherTenantSource | null,
): Promise<string | null> {
  const isShown = from === null || from.href !== null || (await mappedSources(db)).includes(sourceId);
  return isShown ? pathWithQuery('restores/map', { source: from?.slug }) : null;
}

/** Previews the restore again, which uses the map as it is then. */
const previewAgain = defineForm({
  path: `${PATH}/preview`,
  capability: 'runs.start',
  id: RUN_ID,
  fields: z.object({}),
  async submit({ actor, at, params, tenant, runtime }) {
    const run = await readHub(runtime.deps, at.tenantId, (db) => findRun(db, params.run ?? ''));
    const context = run && contextOf(run);
    if (!context) throw noPreview();
    const { mappingRevision: _then, ...input } = context;
    const again = { ...at, runId: run.run_id, input };
    return startedRun(await runtime.deps.ports.starts.startAgain(actor, again), tenant, runtime);
  },
});

const querySchema = z.object({
  /** Whether objects are listed as well that are there as they were. */
  all: optionalField(z.literal('yes')),
  from: z.coerce.number().int().min(0).max(1_000_000).default(0),
});

/** What the policies of a preview refer to, and what a person makes of what isn't exact and single (K6). */
export const mappingPage = definePage<z.infer<typeof querySchema>>({
  path: PATH,
  under: '/restores',
  capability: 'features.read',
  id: RUN_ID,
  template: 'pages/mapping',
  query: querySchema,
  forms: [chooseForm, previewAgain],
  async load(read) {
    const { db, params, access, query } = read;
    const run = await findRun(db, params.run ?? '');
    if (!run) return undefined;
    const sourceId = sourceOf(run, access.tenant.tenantId);
    // A run of another type has a page of its own.
    if (sourceId === undefined) return { movedTo: `/runs/${run.run_id}` };
    const { all, from: first } = query;
    const from = otherTenantOf(read, run);
    const page = await listReferences(db, run.run_id, {
      all: all === 'yes',
      from: first,
      limit: CHANGES_MAX,
    });
    const [candidates, choices, sections] = await Promise.all([
      listCandidates(db, page.rows),
      choicesFor(db, sourceId, page.rows),
      listSections(db),
    ]);
    const chosen = new Map(choices.map((choice) => [keyOf(choice), choice]));
    const address = `restores/${run.run_id}/mapping`;
    return {
      title: 'Map groups, filters and tags',
      view: {
        base: `/t/${access.tenant.slug}`,
        run,
        offer: commandOffer(access, setMapping),
        startOffer: await graphStartOffer(access, db),
        previewOffer: withSource(await graphStartOffer(access, db), from),
        from,
        keptMap: await linkToMap(db, sourceId, from),
        sections: SECTIONS.map(({ kind, label }) => ({
          label,
          section: sections.find((section) => section.kind === kind),
        })),
        rows: page.rows.map((row) =>
          rowOf(row, candidates.get(row.kind) ?? [], chosen.get(referenceKey(row))),
        ),
        all: all === 'yes',
        toggle: pathWithQuery(address, { all: all === 'yes' ? undefined : 'yes' }),
        next: page.hasMore ? pathWithQuery(address, { all, from: first + CHANGES_MAX }) : null,
        first: first > 0 ? pathWithQuery(address, { all }) : null,
      },
      people: [],
    };
  },
});

/** The other tenant whose policies a preview restores; null for a preview of this tenant's own. */
function otherTenantOf(read: PageRead<unknown>, run: RunRow) {
  const context = contextOf(run);
  return context ? otherTenantSource(read, context) : null;
}

const SECTIONS = [
  { kind: 'group', label: 'Groups' },
  { kind: 'assignment_filter', label: 'Filters' },
  { kind: 'scope_tag', label: 'Scope tags' },
] as const;

const keyOf = ({ kind, object_id }: MappingChoiceRow): string => referenceKey({ kind, id: object_id });

const noPreview = () =>
  new WebError(
    'refused',
    'This run isn’t a preview of a restore. Preview a restore first, and map from its page.',
  );

/** What a preview ran with; undefined for a run of another type. */
const contextOf = ({ type, context }: RunRow): PreviewContext | undefined =>
  type === 'restore.preview' ? previewContextSchema.safeParse(context).data : undefined;

/** The tenant whose policies a preview restores; undefined for a run of another type. */
function sourceOf(run: RunRow, tenantId: string): string | undefined {
  const context = contextOf(run);
  return context && (context.sourceTenantId ?? tenantId);
}

function rowOf(
  reference: PreviewReference,
  candidates: readonly Candidate[],
  choice: MappingChoiceRow | undefined,
) {
  const proposal = propose(referredObject(reference), candidates);
  return {
    reference,
    word: REFERENCE_SOURCES[reference.kind].word,
    inPreview: resolutionWords(reference.resolution, reference.becomes),
    choice: choice && { id: choice.becomes_id, name: choice.becomes_name },
    taken: proposal.kind === 'exact' ? { ...proposal.candidate, by: proposal.by } : null,
    options: optionsOf(proposal).filter(({ id }) => id !== choice?.becomes_id),
  };
}

const optionsOf = (proposal: Proposal) =>
  proposal.kind === 'exact'
    ? []
    : proposal.offers.map(({ candidate: { id, name }, differences }) => ({
        id,
        name: name ?? 'without a name',
        differs: differenceWords(differences),
      }));
