import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Logger } from 'pino';
import type { ColumnType } from './columns.js';
import type { AnyTable } from './table.js';

/** Writes many new rows at once, over a connection of its own. */
export interface RowCopier {
  /** Adds rows to a table of the schema. Fails when a row with the same key exists. */
  copy(table: AnyTable, rows: readonly object[]): Promise<void>;
  close(): Promise<void>;
}

/** Rows that are turned into text at once. */
const ROWS_A_CHUNK = 200;

/** Opens a connection for copying rows into a schema. Errors: those of the database. */
export async function openRowCopier(url: string, schema: string, logger: Logger): Promise<RowCopier> {
  const client = new pg.Client({ connectionString: url, application_name: 'opsledger build' });
  client.on('error', (error) => logger.warn({ schema, err: error }, 'the connection of a build was lost'));
  await client.connect();
  // If PostgreSQL crashes during a build, the build is repeated, so its commits need not be durable.
  await client.query('set synchronous_commit = off');
  return {
    async copy(table, rows) {
      if (rows.length === 0) return;
      const columns = Object.keys(table.columns).join(', ');
      const into = client.query(copyFrom(`copy "${schema}".${table.name} (${columns}) from stdin`));
      await pipeline(Readable.from(chunksOf(table, rows)), into);
    },
    close: () => client.end(),
  };
}

function* chunksOf(table: AnyTable, rows: readonly object[]): Generator<string> {
  const encode = rowEncoder(table);
  for (let from = 0; from < rows.length; from += ROWS_A_CHUNK) {
    let chunk = '';
    for (const row of rows.slice(from, from + ROWS_A_CHUNK)) chunk += encode(row as Record<string, unknown>);
    yield chunk;
  }
}

const NULL = '\\N';
const ESCAPED = /[\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escapeText = (text: string): string =>
  ESCAPED.test(text) ? text.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character) : text;

/** Turns rows of a table into lines of COPY's text format. */
function rowEncoder(table: AnyTable): (row: Readonly<Record<string, unknown>>) => string {
  const columns = Object.entries(table.columns).map(([name, { type }]) => ({ name, encode: ENCODERS[type] }));
  return (row) => {
    let line = '';
    for (const { name, encode } of columns) {
      const value = row[name];
      if (line !== '') line += '\t';
      line += value === null || value === undefined ? NULL : encode(value);
    }
    return `${line}\n`;
  };
}

const plain = (value: unknown): string => String(value);
const text = (value: unknown): string => escapeText(String(value));
const jsonText = (value: unknown): string => escapeText(JSON.stringify(value));

const ENCODERS: Readonly<Record<ColumnType, (value: unknown) => string>> = {
  uuid: plain,
  bigint: plain,
  integer: plain,
  boolean: plain,
  text,
  'text collate "C"': text,
  'text[]': (value) => {
    const elements = (value as readonly string[]).map((one) => `"${one.replace(/["\\]/g, '\\$&')}"`);
    return escapeText(`{${elements.join(',')}}`);
  },
  json: jsonText,
  jsonb: jsonText,
};
