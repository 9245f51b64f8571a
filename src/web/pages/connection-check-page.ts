import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import {
  isForWriting,
  PERMISSION_ITEMS,
  POLICY_TYPE_ITEMS,
} from '../../operations/connection-check/connection-check.js';
import { checkedItems, currentConnection, failedCheck, latestCheck } from '../hub/connection.js';
import type { OperationSummary } from '../ports/starts.js';
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
  const failed = await failedCheck(db, connection);
  const items = (check ? await checkedItems(db, check) : []).map((item) => ({
    ...item,
    works: (item.reason_code && LACKING[item.reason_code]) || WORKS[item.outcome],
  }));
  const permissions = items.filter(({ item_id }) => item_id.startsWith(PERMISSION_ITEMS));
  const policyTypes = items.filter(({ item_id }) => item_id.startsWith(POLICY_TYPE_ITEMS));
  const operations =
    permissions.length === 0 ? [] : operationsWith(runtime.deps.ports.starts.types, permissions);
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
      failed,
      parts: [
        checkedPart('Operations', 'operation', 'work fully', operations),
        checkedPart('Permissions', 'permission', 'granted', permissions),
        checkedPart('Policy types', 'policy type', 'answer', policyTypes),
      ].filter(({ items }) => items.length > 0),
      consentAdvice: consentAdvice(permissions),
    },
  };
}

/** A table of the page. `what` names its rows, and `well` says what those do that are all right. */
const checkedPart = (
  caption: string,
  what: string,
  well: string,
  items: readonly { readonly works: { readonly bucket: string } }[],
) => ({
  caption,
  what,
  items,
  state: `${items.filter(({ works }) => works.bucket === 'succeeded').length} of ${items.length} ${well}`,
});

type Checked = Awaited<ReturnType<typeof checkedItems>>;

const isMissing = ({ reason_code }: Pick<Checked[number], 'reason_code'>): boolean =>
  reason_code === 'permission_not_granted' || reason_code === 'writing_not_granted';

/** What each operation type that uses Graph can do with the permissions that were checked. */
function operationsWith(types: readonly Pick<OperationSummary, 'label' | 'permissions'>[], checked: Checked) {
  return types
    .filter(({ permissions }) => permissions.length > 0)
    .map(({ label, permissions }) => {
      const own = checked.filter(({ label: name }) => name !== null && permissions.includes(name));
      const missing = own.filter(isMissing).length;
      const granted = own.flatMap(({ label: name, outcome }) =>
        outcome === 'succeeded' && name ? [name] : [],
      );
      const reason = missing === 0 ? '' : `The app lacks ${missing} of ${permissions.length} permissions.`;
      if (missing === 0) return { label, reason, works: WORKS[granted.length > 0 ? 'succeeded' : 'skipped'] };
      if (granted.length === 0) return { label, reason, works: WORKS.failed };
      const mayNotWrite = permissions.some(isForWriting) && !granted.some(isForWriting);
      return { label, reason, works: mayNotWrite ? DRY : PARTLY };
    });
}

const PARTLY = { bucket: 'partially_succeeded', label: 'Partly' } as const;
/** For an operation that may write nothing. */
const DRY = { bucket: 'partially_succeeded', label: 'Dry runs only' } as const;

/** What to do about the permissions that are missing, before the address at which an administrator consents. */
function consentAdvice(permissions: Checked): string {
  const missing = permissions.filter(isMissing);
  if (missing.length === 0) return 'Administrators of the directory consent to the app’s permissions at';
  return missing.every(({ label }) => isForWriting(label ?? ''))
    ? 'Everything can be read. To restore as well, add the missing permissions to the app registration; then an administrator of the directory consents at'
    : 'Permissions are missing. Add them to the app registration; then an administrator of the directory consents at';
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
  writing_not_granted: { bucket: 'queued', label: 'Not granted' },
};
