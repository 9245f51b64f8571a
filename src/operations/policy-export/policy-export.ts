import { z } from 'zod';
import { appVersion } from '../../app-version.js';
import { exportEntity } from '../../entities/export/export.js';
import { zipArchive } from '../../exports/archive.js';
import {
  EXPORT_DAYS,
  type ExportFile,
  ExportTooLargeError,
  storeExport,
} from '../../exports/export-storage.js';
import type { ManifestHead, ManifestMissing } from '../../exports/manifest.js';
import { isEvent } from '../../ledger/event-registry.js';
import { EMPTY_HEAD } from '../../ledger/stream-head.js';
import { POLICY_TYPES, READ_PERMISSIONS } from '../../policies/catalogue/policy-types.js';
import { bounded } from '../../runs/run-events.js';
import { SnapshotContentGoneError } from '../../snapshots/read-snapshot.js';
import { TenantRegistered, tenantStream } from '../../tenancy/tenant-events.js';
import { count } from '../../wording/number-words.js';
import { defineOperation } from '../define.js';
import { useBackupSet } from '../handling/use-backup-set.js';
import type { OperationServices } from '../operation-services.js';
import { NOT_CONNECTED } from '../plan.js';
import { withKeptList } from '../policy-choice/keep-list.js';
import { nameForTitle } from '../policy-choice/policy-choice.js';
import { archiveFiles } from './archive-files.js';
import { type ExportedPolicy, mergeExported } from './export-events.js';
import { itemsOf } from './export-items.js';
import type { ExportRun } from './export-outcomes.js';
import { exportSourceSchema, planExport, sourceJson } from './export-source.js';
import { EXPORT_VOCABULARY } from './export-vocabulary.js';
import { readItems } from './read-items.js';

const TITLE_LENGTH_MAX = 500;
const DAY_MS = 24 * 3_600_000;
const sourceSchema = z.strictObject({ source: exportSourceSchema });

/** Writes chosen policies as JSON files in one archive to download (K4). */
export const policyExport = defineOperation({
  type: 'policy.export',
  label: 'Export',
  description: 'Writes policies as JSON files into one zip archive, which can be downloaded for seven days.',
  itemisedBy: 'policy',
  input: sourceSchema.extend({ name: nameForTitle.optional() }),
  scope: sourceSchema,
  context: sourceSchema,
  permissions: READ_PERMISSIONS,
  ...EXPORT_VOCABULARY,
  async inputToKeep({ source, name }, keep) {
    const named = name === undefined ? {} : { name };
    if (source.from !== 'graph') return { source, ...named };
    return { source: { ...source, policies: await withKeptList(source.policies, keep) }, ...named };
  },
  async plan({ source, name }, { ledger, tenantId, connected }) {
    if (source.from === 'graph' && !connected) return NOT_CONNECTED;
    const planned = await planExport(ledger, tenantId, { source, name });
    if ('problem' in planned) return { refusal: { code: 'nothing_to_export', message: planned.problem } };
    return {
      plan: {
        scope: { source },
        context: { source },
        title: bounded(`Export of ${planned.title}`, TITLE_LENGTH_MAX),
        total: planned.policies,
        related: planned.related,
      },
    };
  },
  async handle(run, { source }, services) {
    if (source.from === 'backup_set') await useBackupSet(run, services.ledger, source.setId);
    const items = await itemsOf(services, run.tenantId, source);
    const policies = inOrder(await readItems(run, services, items));
    if (policies.length === 0) return { summary: 'No policy could be exported', related: [] };
    const missing = missingIn(run);
    const tenant = await tenantOf(services, run.tenantId);
    const head: ManifestHead = {
      appVersion,
      tenant: { id: run.tenantId, name: tenant.name },
      run: run.runId,
      exportedAt: new Date(services.clock.now()).toISOString(),
      source: sourceJson(source),
    };
    const content = { signal: run.signal, tenantId: run.tenantId, policies, head, missing };
    const file = await store(run, () =>
      storeExport(services.exportFiles, run, () =>
        zipArchive(archiveFiles(services.artifacts, content), services.clock.now()),
      ),
    );
    const fileName = fileNameOf(tenant.slug, file);
    await recordWritten(run, file, { fileName, policies: policies.length, missing: missing.length });
    return {
      summary: summaryOf(policies.length, missing.length),
      related: [{ relation: 'produced', kind: 'export', id: run.runId, label: fileName }],
    };
  },
  merge: mergeExported,
});

/** By type in the catalogue's order, then by name, as the archive and its manifest list them. */
function inOrder(policies: readonly ExportedPolicy[]): readonly ExportedPolicy[] {
  const ranks = new Map(POLICY_TYPES.map(({ name }, rank) => [name, rank]));
  const keyOf = ({ name, policyId }: ExportedPolicy) => `${name}\n${policyId}`;
  return [...policies].sort(
    (one, other) =>
      (ranks.get(one.policyType) ?? 0) - (ranks.get(other.policyType) ?? 0) ||
      (keyOf(one) < keyOf(other) ? -1 : 1),
  );
}

/** The chosen policies that are not in the export, with the reasons. */
function missingIn(run: ExportRun): readonly ManifestMissing[] {
  return [...run.recorded.values()]
    .filter(({ outcome }) => outcome !== 'succeeded')
    .map(({ itemId, subject, label, reasonCode, reason }) => ({
      // The item of a whole type has the type's name as its id.
      type: subject?.type ?? itemId,
      id: subject?.id ?? '',
      name: label,
      reasonCode: reasonCode ?? '',
      reason: reason ?? '',
    }));
}

async function tenantOf({ ledger }: OperationServices, tenantId: string) {
  for await (const event of ledger.read(tenantStream(tenantId), { maxCount: 1 }))
    if (isEvent(event, TenantRegistered)) return event.data;
  return { name: tenantId, slug: tenantId };
}

/** Writes the archive. Errors: RunFailure with the reason for a file that can't be made. */
async function store(run: ExportRun, write: () => Promise<ExportFile>): Promise<ExportFile> {
  try {
    return await write();
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof ExportTooLargeError)
      throw run.failure('export_too_large', 'The archive of these policies would be larger than 4 GiB.');
    if (error instanceof SnapshotContentGoneError) throw run.failure('artifact_missing', error.message);
    throw error;
  }
}

/** The name for people who download the file: the tenant and when the file was finished, in UTC. */
function fileNameOf(slug: string, { endsAt }: ExportFile): string {
  const finishedAt = new Date(endsAt - EXPORT_DAYS * DAY_MS).toISOString();
  return `${slug}-policies-${finishedAt.slice(0, 16).replace(/[-:]/g, '').replace('T', '-')}.zip`;
}

async function recordWritten(
  run: ExportRun,
  { bytes, endsAt }: ExportFile,
  facts: { readonly fileName: string; readonly policies: number; readonly missing: number },
): Promise<void> {
  const data = { ...facts, bytes, endsAt: new Date(endsAt).toISOString() };
  await run.produce(
    exportEntity.stream(run.tenantId, run.runId),
    { type: 'ExportWritten', data },
    EMPTY_HEAD,
  );
}

function summaryOf(policies: number, missing: number): string {
  const exported = `${count(policies, 'policy', 'policies')} exported`;
  return missing === 0 ? exported : `${exported}, ${missing} not readable`;
}
