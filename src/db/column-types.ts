import pg from 'pg';

const INT8 = 20;
const DATE = 1082;
const INT8_LIST: number = 1016;

/**
 * The JavaScript types of columns, for the `types` option of a connection. `bigint` becomes a number, and throws
 * when a number can't hold it; `date` stays a text, because it has no time zone. Other types are as in pg:
 * `timestamptz` becomes a Date, `numeric` a text.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8) return safeInteger;
    if (oid === INT8_LIST) return (text: string) => safeIntegers(pg.types.getTypeParser(INT8_LIST)(text));
    if (oid === DATE) return (text: string) => text;
    return pg.types.getTypeParser(oid, format);
  },
};

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`The bigint ${text} does not fit into a JavaScript number; select it as text.`);
  return value;
}

function safeIntegers(list: unknown): unknown {
  if (Array.isArray(list)) return list.map(safeIntegers);
  return typeof list === 'string' ? safeInteger(list) : list;
}
