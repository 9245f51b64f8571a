import { z } from 'zod';
import { ENTITIES } from '../../src/entities/registry.js';
import { envelopeSchema } from '../../src/ledger/envelope.js';
import { productEvents } from '../../src/program/product-events.js';
import { fieldRows } from './field-rows.js';
import { code, markdownTable } from './generated-blocks.js';

/** The texts of `docs/events.md`: streams, the envelope, all types, and each type's fields. */
export function eventTables(): Record<string, string> {
  return { streams: streamTable(), envelope: envelopeTable(), types: typeTable(), fields: fieldTables() };
}

function streamTable(): string {
  const rows = ENTITIES.map(({ category, streams }) => {
    const types = productEvents.definitions.filter((definition) => definition.category === category);
    return [code(`${category}-${streams}`), types.map(({ type }) => code(type)).join(', ')];
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
  const rows = productEvents.definitions.map(({ type, version, category, importance, meaning }) => [
    `[${code(type)}](#${type.toLowerCase()})`,
    String(version),
    code(category),
    importance,
    meaning,
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
