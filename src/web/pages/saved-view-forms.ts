import { z } from 'zod';
import { removalsIn, typedName } from '../../entities/typed-text.js';
import { readHub } from '../hub/hub-read.js';
import { readFilters } from '../hub/run-filters.js';
import { listSavedViews, type SavedView, VIEWS_MAX, viewQueryOf } from '../hub/saved-view-list.js';
import { optionalField } from '../optional-field.js';
import type { SavedViewChange } from '../ports/personal.js';
import { WebError } from '../web-error.js';
import { defineForm, type FormSent } from './page-form.js';
import { wrongField } from './read-form.js';

const name = typedName(60, 'Give the view a name');
const query = z
  .string()
  .max(2000)
  .default('')
  .transform(filtersOf)
  .superRefine(({ q = '', initiator, not_initiator }, context) => {
    const [found] = [q, ...initiator, ...not_initiator].flatMap(removalsIn);
    if (found !== undefined)
      context.addIssue({
        code: 'custom',
        message: `Filters of a view are kept for good: leave out ${found}`,
      });
  })
  .transform(viewQueryOf);

/** Keeps only the filters of the list from a query. */
function filtersOf(text: string) {
  const params = new URLSearchParams(text);
  const raw = Object.fromEntries([...params.keys()].map((key) => [key, params.getAll(key)]));
  const single = Object.fromEntries(
    Object.entries(raw).map(([key, values]) => [key, values.length === 1 ? values[0] : values]),
  );
  return readFilters(single).filters;
}

const saveView = defineForm({
  path: '/views/save',
  capability: 'own.manage',
  fields: z.object({ name, query, standard: z.literal('yes').optional() }),
  async submit(sent) {
    const { form } = sent;
    const views = await viewsOf(sent);
    if (views.some((view) => isSameName(view.name, form.name)))
      throw wrongField(
        'name',
        'You have a view of this name. Choose another, or open that one and change it.',
      );
    if (views.length >= VIEWS_MAX)
      throw wrongField('name', `You have ${VIEWS_MAX} views already; remove one of them first.`);
    return change(sent, [
      { kind: 'save', name: form.name, query: form.query },
      ...(form.standard ? [{ kind: 'default' as const, name: form.name }] : []),
    ]);
  },
});

const ACTS = ['overwrite', 'rename', 'remove', 'default', 'no_default'] as const;

const changeView = defineForm({
  path: '/views/change',
  capability: 'own.manage',
  fields: z.object({
    view: z.guid(),
    act: z.enum(ACTS),
    query,
    newName: optionalField(name),
  }),
  async submit(sent) {
    const { view: viewId, act, newName, query: shown } = sent.form;
    const views = await viewsOf(sent);
    const view = views.find((one) => one.viewId === viewId);
    if (!view) throw new WebError('not_changed', 'This view is not there any more. Load the page again.');
    const named = { name: view.name };
    switch (act) {
      case 'overwrite':
        return change(sent, [{ kind: 'save', ...named, query: shown }]);
      case 'rename': {
        if (newName === undefined) throw wrongField('newName', 'Give the view a name.');
        if (views.some((other) => other !== view && isSameName(other.name, newName)))
          throw wrongField('newName', 'You have another view of this name.');
        return change(sent, [
          ...(isSameName(view.name, newName) ? [] : [{ kind: 'remove' as const, ...named }]),
          { kind: 'save', name: newName, query: keptQuery(view) },
          ...(view.isDefault ? [{ kind: 'default' as const, name: newName }] : []),
        ]);
      }
      case 'remove':
        return change(sent, [
          { kind: 'remove', ...named },
          ...(view.isDefault ? [{ kind: 'default' as const, name: null }] : []),
        ]);
      case 'default':
        return change(sent, [{ kind: 'default', ...named }], view);
      case 'no_default':
        return change(sent, [{ kind: 'default', name: null }], view);
    }
  },
});

/** The filters of a view, checked because a view may have been saved before filters were. Errors: WebError. */
function keptQuery({ query: kept }: SavedView): string {
  const checked = query.safeParse(kept);
  if (checked.success) return checked.data;
  const why = checked.error.issues.map(({ message }) => message).join(' ');
  throw wrongField('newName', `${why}. Remove this view and save another one instead.`);
}

/** Forms that save filters of the list under a name and change saved views (H3). */
export const VIEW_FORMS = [saveView, changeView] as const;

const isSameName = (one: string, other: string): boolean =>
  one.toLocaleLowerCase('en') === other.toLocaleLowerCase('en');

const viewsOf = ({ runtime, tenant, actor }: FormSent<unknown>): Promise<readonly SavedView[]> =>
  readHub(runtime.deps, tenant.tenantId, (db) => listSavedViews(db, actor.personId));

/** Records changes of views. Returns the address of the view in the last change. */
async function change(
  { actor, at, runtime }: FormSent<unknown>,
  changes: readonly SavedViewChange[],
  shown?: SavedView,
): Promise<string> {
  const { position, viewIds } = await runtime.deps.ports.views.change(actor.personId, { ...at, changes });
  await runtime.caughtUp(at.tenantId, position);
  const saved = changes.find((one) => one.kind === 'save');
  const viewId = shown?.viewId ?? (saved && viewIds.get(saved.name));
  if (!viewId) return '/operations?view=all';
  const kept = shown?.query ?? saved?.query ?? '';
  return `/operations?view=${viewId}${kept === '' ? '' : `&${kept}`}`;
}
