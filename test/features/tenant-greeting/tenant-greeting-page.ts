import { z } from 'zod';
import type { TablesOf } from '../../../projections/engine/model.js';
import { definePage } from '../../../src/web/pages/page.js';
import type { greetings } from './tenant-greeting-model.js';

const GREETINGS_SHOWN = 100;

/** Tenant → Greetings: the persons who were greeted, each with a link to the run. */
export const tenantGreetingPage = definePage<object>({
  path: '/greetings',
  rail: { heading: 'Tenant', label: 'Greetings', icon: 'people' },
  capability: 'features.read',
  template: 'pages/tenant-greeting',
  query: z.object({}),
  async load({ db }) {
    const rows = await db
      .withTables<TablesOf<readonly [typeof greetings]>>()
      .selectFrom('greetings')
      .select(['name', 'words', 'run_id'])
      .orderBy('name')
      .limit(GREETINGS_SHOWN)
      .execute();
    return { title: 'Greetings', view: { greetings: rows }, people: [] };
  },
});
