import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { PERMISSION_ITEMS, POLICY_TYPE_ITEMS } from '../../operations/connection-check/connection-check.js';
import { checkedItems, currentConnection, latestCheck } from '../hub/connection.js';
import { startOffer } from '../start-offers.js';
import { endingOf } from '../view/credential-ending.js';
import { CONNECTION_FORMS } from './connection-forms.js';
import { definePage, type PageRead } from './page.js';
import { activeRunsOfType, peopleOf, rowViews } from './run-rows.js';

/** Record → Connection: the tenant's connection to Microsoft Graph and the results of its last check (C3, C4). */
export const connectionCheckPage = definePage<object>({
  path: '/connection',
  rail: { heading: 'Record', label: 'Connection', icon: 'plug' },
  capability: 'features.read',
  template: 'pages/connection-check',
  query: z.object({}),
  forms: CONNECTION_FORMS,
  linkTargets: { connection: () => '/connection' },
  async load(read) {
    const { access, runtime } = read;
    const state = await stateOf(read);
    return {
      title: 'Connection',
      view: {
        ...state.view,
        tenant: access.tenant,
        connect: state.view.connection ? REPLACE : CONNECT,
        clouds: runtime.deps.ports.connections.clouds,
        assertionAlgorithms: runtime.deps.ports.connections.assertionAlgorithms,
        denied: deniedReason(access.roles, 'connections.manage'),
      },
      people: state.people,
    };
  },
  live: {
    async load(read) {
      const { view, people } = await stateOf(read);
      return { fragments: [{ target: 'connection', template: 'partials/connection', view }], people };
    },
  },
});

const CONNECT = { heading: 'Connect', button: 'Check and connect' };
const REPLACE = { heading: 'Replace the connection', button: 'Check and replace' };

async function stateOf(read: PageRead<object>) {
  const { db, access, time, runtime } = read;
  const connection = await currentConnection(db);
  const check = connection && (await latestCheck(db, connection));
  const items = (check ? await checkedItems(db, check) : []).map((item) => ({
    ...item,
    works: (item.reason_code && LACKING[item.reason_code]) || WORKS[item.outcome],
  }));
  const active = await activeRunsOfType(read, 'connection.check');
  const { clouds } = runtime.deps.ports.connections;
  return {
    people: peopleOf(active),
    view: {
      base: `/t/${access.tenant.slug}`,
      offer: startOffer(access, connection ? null : 'not_connected'),
      active: await rowViews(read, active),
      connection: connection && {
        ...connection,
        cloudLabel: clouds.find(({ name }) => name === connection.cloud)?.label ?? null,
        signsInWith: connection.credential_kind === 'certificate' ? 'a certificate' : 'a client secret',
        ending: endingOf(connection.ends_at, time.now),
      },
      check,
      permissions: items.filter(({ item_id }) => item_id.startsWith(PERMISSION_ITEMS)),
      policyTypes: items.filter(({ item_id }) => item_id.startsWith(POLICY_TYPE_ITEMS)),
      consentAdvice: items.some(({ reason_code }) => reason_code === 'permission_not_granted')
        ? 'Permissions are missing. Add them to the app registration; then an administrator of the directory consents at'
        : 'Administrators of the directory consent to the app’s permissions at',
    },
  };
}

/** Whether a checked permission or policy type works, as it is shown. */
const WORKS = {
  succeeded: { bucket: 'succeeded', label: 'Yes' },
  failed: { bucket: 'failed', label: 'No' },
  skipped: { bucket: 'queued', label: 'Not known' },
} as const;

/** What a policy type that was skipped lacks, by its reason. */
const LACKING: Readonly<Record<string, { readonly bucket: string; readonly label: string }>> = {
  licence_missing: { bucket: 'queued', label: 'No licence' },
  permission_missing: { bucket: 'queued', label: 'No permission' },
};
