import { writeBackupSet } from '../support/backup-scenario.js';
import { writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { writeKeptPolicy } from '../support/kept-policy.js';
import { writePreview, writeRestore } from '../support/preview-builder.js';
import { writtenExport } from '../support/written-export.js';

/** A name that is wider than a page unless it is broken inside. */
const WITHOUT_SPACES = 'Administrative_Templates_of_Windows_'.repeat(5);

/** A site with a tenant in which every page has something to show, and the address of each page by a name. */
export async function wholeSite(t: { teardown(end: () => Promise<void>): void }) {
  const site = await hubSite(t);
  const contoso = await writeScenario(site, 'contoso', 'Contoso');
  const setId = await writeBackupSet(site, contoso.tenant, WITHOUT_SPACES, ['Wi-Fi', WITHOUT_SPACES]);
  await site.tenant('fabrikam', 'Fabrikam');
  const preview = await writePreview(site, contoso.tenant.tenantId);
  const restore = await writeRestore(site, contoso.tenant.tenantId, preview);
  await writtenExport(site, contoso.tenant.tenantId, { personId: contoso.tenant.persons.operator });
  await site.settle();
  const kept = await writeKeptPolicy(site, contoso.tenant);
  const address = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const base = '/t/contoso';
  const pages = {
    operations: `${base}/operations`,
    filtered: `${base}/operations?bucket=failed&last=7d&not_type=drift.generate`,
    export: `${base}/operations/export`,
    run: `${base}/runs/${contoso.failed}`,
    partial: `${base}/runs/${contoso.partial}`,
    running: `${base}/runs/${contoso.running}`,
    items: `${base}/runs/${contoso.partial}/items`,
    history: `${base}/runs/${contoso.failed}/history`,
    event: `${base}/runs/${contoso.failed}/history/1`,
    moment: `${base}/runs/${contoso.partial}?at=3`,
    cause: `${base}/runs/${contoso.drift}/cause`,
    compare: `${base}/compare?a=${contoso.inventories[0]}&b=${contoso.partial}`,
    beside: `${base}/runs/${contoso.partial}/beside?side=before`,
    failures: `${base}/failures`,
    inventory: `${base}/inventory`,
    groups: `${base}/groups`,
    exports: `${base}/exports`,
    schedules: `${base}/schedules`,
    newSchedule: `${base}/schedules/new/inventory.sync`,
    schedule: `${base}/schedules/${contoso.schedule}`,
    policies: `${base}/policies`,
    policy: `${base}/policies/${kept.policyKey}`,
    version: `${base}/policies/${kept.policyKey}/snapshots/0`,
    versions: `${base}/policies/${kept.policyKey}/compare`,
    connection: `${base}/connection`,
    drift: `${base}/drift`,
    finding: `${base}/drift/findings/${contoso.findings[0]}`,
    restores: `${base}/restores`,
    fromTenant: `${base}/restores/from-another-tenant`,
    preview: `${base}/restores/${preview}`,
    plan: `${base}/restores/${preview}/${'1'.repeat(32)}`,
    mapping: `${base}/restores/${preview}/mapping`,
    map: `${base}/restores/map`,
    result: `${base}/restores/${restore}/result`,
    'backup-sets': `${base}/backup-sets`,
    'backup-set': `${base}/backup-sets/${setId}`,
    'back-up': `${base}/back-up`,
    audit: `${base}/audit`,
    notifications: `${base}/notifications`,
    members: `${base}/members`,
    tokens: `${base}/tokens`,
    health: `${base}/health`,
    me: '/me',
    tenants: '/tenants',
    missing: `${base}/runs/${'0'.repeat(32)}-0`,
  };
  return { site, contoso, address, base, pages };
}

export type WholeSite = Awaited<ReturnType<typeof wholeSite>>;
