import { readdir, readFile, writeFile } from 'node:fs/promises';
import { packageRoot } from '../../src/app-version.js';
import { auditEntity } from '../../src/audit/audit-events.js';
import { backupSetEntity } from '../../src/entities/backup-set/backup-set.js';
import { directoryEntity } from '../../src/entities/directory/directory.js';
import { exportEntity } from '../../src/entities/export/export.js';
import { findingEntity } from '../../src/entities/finding/finding.js';
import { policyEntity } from '../../src/entities/policy/policy.js';
import { chainEvents } from '../../src/ledger/chain-events.js';
import type { EnvelopeContext } from '../../src/ledger/envelope.js';
import type { RawEvent } from '../../src/ledger/event-log.js';
import { EMPTY_HEAD } from '../../src/ledger/stream-head.js';
import { LEDGER_STREAM } from '../../src/ledger/streams.js';
import { type ProductDraft, productEvents } from '../../src/program/product-events.js';
import { askStream, operationStream, runIdOf } from '../../src/runs/run-streams.js';
import { memberStream } from '../../src/tenancy/member-events.js';
import { tenantStream } from '../../src/tenancy/tenant-events.js';
import { KEY, PERSON, TENANT } from './decider-spec.js';
import { EVENT_SAMPLES } from './event-samples.js';

/**
 * Golden events: one file for each event type and version that was ever written, with the event as a store returned it
 * and the result of decoding it. The event in a file is never changed, because logs hold such events for ever. The
 * result changes when a newer version gets an upcaster.
 */
export interface GoldenEvent {
  /** `<type>.v<version>.json` */
  readonly file: string;
  readonly raw: RawEvent;
  readonly decoded: { readonly data: unknown; readonly envelope: unknown };
}

const FOLDER = `${packageRoot}/test/fixtures/events/`;
const WRITTEN_AT = Date.UTC(2026, 0, 5, 8, 0, 0);

export const goldenFile = (type: string, version: number): string => `${type}.v${version}.json`;

/** All golden events in the folder. */
export async function readGoldenEvents(): Promise<GoldenEvent[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => ({ file, ...JSON.parse(await readFile(`${FOLDER}${file}`, 'utf8')) })),
  );
}

/** Writes the golden events of current versions that are missing. Returns their names. */
export async function writeMissingGoldenEvents(): Promise<string[]> {
  const present = new Set((await readGoldenEvents()).map(({ file }) => file));
  const written: string[] = [];
  for (const { type, version, category } of productEvents.definitions) {
    const file = goldenFile(type, version);
    if (present.has(file)) continue;
    const raw = chainedSample(
      { type, data: EVENT_SAMPLES[type as ProductDraft['type']] } as ProductDraft,
      category,
    );
    const { data, envelope } = productEvents.decode(raw);
    await writeFile(`${FOLDER}${file}`, `${JSON.stringify({ raw, decoded: { data, envelope } }, null, 2)}\n`);
    written.push(file);
  }
  return written;
}

function chainedSample(draft: ProductDraft, category: string): RawEvent {
  const stream = streamOf(category);
  const context: EnvelopeContext = {
    actor: { kind: 'worker', id: 'worker-1' },
    correlationId: '66666666-6666-4666-8666-666666666666',
    causationId: '77777777-7777-4777-8777-777777777777',
    ...(category === 'ledger' ? {} : { tenantId: TENANT }),
    ...(['policy', 'backupset', 'export'].includes(category) ? { runId: runIdOf(KEY, 0) } : {}),
    ...(['policy', 'backupset', 'directory'].includes(category) ? { runId: runIdOf(KEY, 0) } : {}),
    ...(category === 'operation' ? { runId: runIdOf(KEY, 0), runStart: 0, attempt: 1 } : {}),
  };
  const id = '55555555-5555-4555-8555-555555555555';
  const place = { stream, head: EMPTY_HEAD, context, at: WRITTEN_AT, newId: () => id };
  const [chained] = chainEvents(productEvents, [draft], place);
  if (!chained) throw new Error('nothing was chained');
  const { type, data, metadata } = chained;
  return { stream, revision: 0, position: 0, id, type, data, metadata };
}

function streamOf(category: string): string {
  switch (category) {
    case 'ledger':
      return LEDGER_STREAM;
    case 'operation':
      return operationStream(TENANT, KEY);
    case 'ask':
      return askStream(TENANT, runIdOf(KEY, 0), PERSON);
    case 'finding':
      return findingEntity.stream(TENANT, 'd4'.repeat(16));
    case 'directory':
      return directoryEntity.stream(TENANT);
    case 'policy':
      return policyEntity.stream(TENANT, KEY);
    case 'backupset':
      return backupSetEntity.stream(TENANT, '88888888-8888-4888-8888-888888888888');
    case 'export':
      return exportEntity.stream(TENANT, runIdOf(KEY, 0));
    case 'tenant':
      return tenantStream(TENANT);
    case 'member':
      return memberStream(TENANT, PERSON);
    case 'audit':
      return auditEntity.stream(TENANT);
    default:
      return `${category}-${TENANT}.sample`;
  }
}
