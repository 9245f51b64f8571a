import t from 'tap';
import { z } from 'zod';
import { commandsOf } from '../../src/ledger/define-command.js';
import { defineEntity } from '../../src/ledger/define-entity.js';
import { defineEvent } from '../../src/ledger/event-registry.js';
import { createFeatures, FEATURE_LISTS, type FeatureLists } from '../../src/program/features.js';
import { definePage } from '../../src/web/pages/page.js';
import { defineForm } from '../../src/web/pages/page-form.js';

/** Goal: features that contradict each other end the program at start, with a sentence that names what to change. */

const eventIn = (category: string) =>
  defineEvent({ type: 'PlanKept', category, meaning: 'A plan was kept.', data: z.strictObject({}) });
const planEntity = defineEntity({ category: 'plan', streams: '<tenant>.<plan>', events: [eventIn('plan')] });
const keepPlan = (existingKind?: string) =>
  commandsOf(planEntity)({
    name: 'plan.keep',
    summary: 'Keep a plan',
    capability: 'runs.start',
    ...(existingKind === undefined ? {} : { existingKind }),
    input: z.strictObject({ planId: z.guid() }),
    idOf: ({ planId }) => planId,
    decide: () => [],
  });
const page = (path: string, more: object) =>
  definePage<object>({
    path,
    capability: 'features.read',
    template: 'pages/plans',
    query: z.object({}),
    load: async () => ({ title: 'Plans', view: {}, people: [] }),
    ...more,
  });

function added(more: Partial<FeatureLists>): FeatureLists {
  const lists = FEATURE_LISTS;
  return {
    ...lists,
    entities: [...lists.entities, ...(more.entities ?? [])],
    operations: [...lists.operations, ...(more.operations ?? [])],
    pages: [...lists.pages, ...(more.pages ?? [])],
    models: [...lists.models, ...(more.models ?? [])],
  };
}

const REFUSED: readonly (readonly [string, Partial<FeatureLists>, RegExp])[] = [
  [
    'an entity of a category that is taken',
    { entities: [planEntity, planEntity] },
    /two entities have “plan”/,
  ],
  [
    'a command twice',
    { entities: [{ ...planEntity, commands: [keepPlan(), keepPlan()] }] },
    /plan\.keep is decl/,
  ],
  [
    'a command of ids that no model has',
    { entities: [{ ...planEntity, commands: [keepPlan('plan')] }] },
    /plan\.keep takes the id of a “plan”, which no read model/,
  ],
  [
    'a page of ids that no model has',
    { pages: [page('/plans/:plan', { id: { param: 'plan', kind: 'plan' } })] },
    /^\/plans\/:plan is found by ids of a “plan”, which no read model/,
  ],
  [
    'a form of ids that no model has',
    {
      pages: [
        page('/plans', {
          forms: [
            defineForm({
              path: '/plans/:plan/keep',
              capability: 'runs.start',
              fields: z.object({}),
              id: { param: 'plan', kind: 'plan' },
              submit: async () => '/plans',
            }),
          ],
        }),
      ],
    },
    /^\/plans\/:plan\/keep is found by ids of a “plan”/,
  ],
  [
    'two pages for links to one kind of thing',
    {
      pages: [
        page('/a', { linkTargets: { plan: () => '/a' } }),
        page('/b', { linkTargets: { plan: () => '/b' } }),
      ],
    },
    /links to a “plan” lead to two pages/,
  ],
];

t.test('features that fit together are combined', async (t) => {
  const entity = { ...planEntity, commands: [keepPlan('finding')] };
  const { commands, events } = createFeatures(added({ entities: [entity] }));
  t.ok(commands.some(({ name }) => name === 'plan.keep'));
  t.ok(events.definition('PlanKept'));
});

for (const [what, lists, words] of REFUSED)
  t.test(`${what} is refused`, async (t) => {
    t.throws(() => createFeatures(added(lists)), { name: 'TypeError', message: words });
  });

t.test('an event of streams that no entity has is refused', async (t) => {
  const stray = { ...planEntity, events: [eventIn('elsewhere')] };
  t.throws(() => createFeatures(added({ entities: [stray] })), {
    message: 'PlanKept stands in “elsewhere” streams, which no entity has',
  });
});
