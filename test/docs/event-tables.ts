import { z } from 'zod';
import { envelopeSchema } from '../../src/ledger/envelope.js';
import { type ProductDraft, productEvents } from '../../src/program/product-events.js';
import { EVENT_MEANINGS } from './event-meanings.js';
import { fieldRows } from './field-rows.js';
import { code, markdownTable } from './generated-blocks.js';

/** How the streams of a category are named. */
const STREAM_FORMS: Readonly<Record<string, string>> = {
  ledger: 'ledger-main',
  operation: 'operation-<tenant>.<key>',
  ask: 'ask-<tenant>.<run>.<actor>',
  finding: 'finding-<tenant>.<fingerprint>',
  tenant: 'tenant-<tenant>',
  member: 'member-<tenant>.<person>',
  audit: 'audit-<tenant>',
};

/** The texts of `docs/events.md`: streams, the envelope, all types, and each type's fields. */
export function eventTables(): Record<string, string> {
  return { streams: streamTable(), envelope: envelopeTable(), types: typeTable(), fields: fieldTables() };
}

function streamTable(): string {
  const rows = Object.entries(STREAM_FORMS).map(([category, form]) => {
    const types = productEvents.definitions.filter((definition) => definition.category === category);
    return [code(form), types.map(({ type }) => code(type)).join(', ')];
  });
  return markdownTable(['Stream', 'Events'], rows);
}

function envelopeTable(): string {
  const rows = fieldRows(z.toJSONSchema(envelopeSchema, { io: 'input' }));
  return markdownTable(
    ['Field', 'Form'],
    rows.map(({ field, form }) => [code(field), form]),
  );
}

function typeTable(): string {
  const rows = productEvents.definitions.map(({ type, version, category, importance }) => [
    `[${code(type)}](#${type.toLowerCase()})`,
    String(version),
    code(category),
    importance,
    EVENT_MEANINGS[type as ProductDraft['type']],
  ]);
  return markdownTable(['Type', 'Version', 'Stream', 'Importance', 'What it says'], rows);
}

function fieldTables(): string {
  return productEvents.definitions
    .map(({ type, data }) => {
      const rows = fieldRows(z.toJSONSchema(data, { reused: 'inline' }));
      const table = markdownTable(
        ['Field', 'Form'],
        rows.map(({ field, form }) => [code(field), form]),
      );
      return `### ${type}\n\n${table}`;
    })
    .join('\n\n');
}
