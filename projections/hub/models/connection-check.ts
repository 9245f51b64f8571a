import { isEvent } from '../../../src/ledger/event-registry.js';
import { ConnectionChecked } from '../../../src/operations/connection-check/connection-events.js';
import { GraphConnectionRemoved, GraphConnectionSet } from '../../../src/tenancy/connection-events.js';
import { bigint, nullable, text, textList, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, tenantOf, timeOf } from '../event-facts.js';

/** How each tenant is connected to Microsoft Graph now. */
export const connections = defineModel({
  table: defineTable({
    name: 'connections',
    columns: {
      tenant_id: uuid(),
      base_url: text(),
      /** These four columns are null for a fixed token, which only simulators accept. */
      directory_id: nullable(text()),
      client_id: nullable(text()),
      cloud: nullable(text()),
      credential_kind: nullable(text<'secret' | 'certificate'>()),
      /** Empty for a credential without an id. */
      credential_id: text(),
      thumbprint: nullable(text()),
      assertion_algorithm: nullable(text()),
      /** When the certificate expires; null for a secret, whose expiry only Entra knows. */
      ends_at: nullable(bigint()),
      set_at: bigint(),
    },
    key: ['tenant_id'],
    access: 'tenant',
  }),
  wants: [GraphConnectionSet, GraphConnectionRemoved],
  fold(event, rows) {
    const tenant_id = tenantOf(event);
    if (isEvent(event, GraphConnectionRemoved)) {
      rows.delete({ tenant_id });
      return;
    }
    const { baseUrl, signIn } = event.data;
    rows.put({
      tenant_id,
      base_url: baseUrl,
      directory_id: signIn?.directoryId ?? null,
      client_id: signIn?.clientId ?? null,
      cloud: signIn?.cloud ?? null,
      credential_kind: signIn?.credential.kind ?? null,
      credential_id: signIn?.credential.id ?? '',
      thumbprint: signIn?.credential.thumbprint ?? null,
      assertion_algorithm: signIn?.credential.assertionAlgorithm ?? null,
      ends_at: signIn?.credential.endsAt ? Date.parse(signIn.credential.endsAt) : null,
      set_at: timeOf(event),
    });
  },
});

/** The latest check of each credential that could sign in. */
export const connectionChecks = defineModel({
  table: defineTable({
    name: 'connection_checks',
    columns: {
      tenant_id: uuid(),
      credential_id: text(),
      run_id: text(),
      checked_at: bigint(),
      /** Null where the token doesn't list its permissions. */
      permissions: nullable(textList()),
      consent_address: nullable(text()),
    },
    key: ['tenant_id', 'credential_id'],
    access: 'tenant',
  }),
  wants: [ConnectionChecked],
  fold(event, rows) {
    const { credentialId, roles, consentAddress } = event.data;
    rows.put({
      ...runOf(event),
      credential_id: credentialId ?? '',
      checked_at: timeOf(event),
      permissions: roles,
      consent_address: consentAddress,
    });
  },
});
