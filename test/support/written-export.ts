import { exportEntity } from '../../src/entities/export/export.js';
import { storeExport } from '../../src/exports/export-storage.js';
import { completed, itemOf } from './hub-scenario.js';
import type { HubSite } from './hub-site.js';

/** Writes an export run of a tenant with its file, as a worker does. Returns the run's id. */
export async function writtenExport(
  { builder, exportFiles, settle }: HubSite,
  tenantId: string,
  {
    key = 'e'.repeat(32),
    personId,
    content = Buffer.from('a zip archive'),
  }: { readonly key?: string; readonly personId: string; readonly content?: Uint8Array },
): Promise<string> {
  const runId = await builder.queue(tenantId, key, {
    type: 'policy.export',
    title: 'Export of 2 policies',
    input: { source: { from: 'graph', policies: { from: 'tenant' } } },
    initiator: { kind: 'member', personId },
  });
  const { bytes, endsAt } = await storeExport(exportFiles, { tenantId, runId }, async function* () {
    yield content;
  });
  const data = {
    fileName: 'contoso-policies-20260503-0705.zip',
    policies: 2,
    missing: 1,
    bytes,
    endsAt: new Date(endsAt).toISOString(),
  };
  await builder.append(exportEntity.stream(tenantId, runId), [{ type: 'ExportWritten', data }], {
    tenantId,
    runId,
  });
  const items = [itemOf('BitLocker', 'succeeded'), itemOf('Firewall', 'succeeded'), itemOf('Gone', 'failed')];
  await builder.toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
  await builder.toRun(tenantId, runId, completed(items, '2 policies exported, 1 not readable'));
  await settle();
  return runId;
}
