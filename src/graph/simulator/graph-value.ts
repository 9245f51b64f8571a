import { parseExactJson } from '../../ledger/exact-json.js';

/** A JSON object as Graph answers it. */
export interface GraphObject {
  [property: string]: GraphValue;
}
export type GraphValue = null | boolean | number | string | GraphValue[] | GraphObject;

/** Marks the digits of an integer that a JavaScript number can't hold, until it is sent. */
const EXACT_MARK = '\uE000';
const MARKED = /"\uE000(-?\d+)"/g;

/** Parses a file or a request; integers beyond 2^53 keep their digits. Errors: SyntaxError. */
export function parseGraphJson(text: string): unknown {
  return parseExactJson(text, EXACT_MARK);
}

/** The JSON text of an answer, with the digits that `parseGraphJson` kept. */
export function graphJson(value: GraphValue): string {
  const text = JSON.stringify(value);
  return text.includes(EXACT_MARK) ? text.replace(MARKED, '$1') : text;
}

/** Whether a value is a JSON object, no list. */
export function isGraphObject(value: unknown): value is GraphObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The property if it is a text that isn't empty, else null. */
export function textOf(object: GraphObject, property: string): string | null {
  const value = object[property];
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** The objects in a list property; other entries are left out. */
export function objectsOf(object: GraphObject, property: string): GraphObject[] {
  const value = object[property];
  return Array.isArray(value) ? value.filter(isGraphObject) : [];
}
