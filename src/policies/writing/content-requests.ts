import type { Json, JsonObject } from '../../ledger/canonical-json.js';
import { isJsonObject, objectsIn } from '../../ledger/json-values.js';
import type { PolicyType } from '../catalogue/policy-types.js';
import { rowKey } from './differing-parts.js';
import { sendable } from './sendable.js';
import type { WriteLimit, WriteRequest } from './write-plan.js';

interface ContentRows {
  readonly type: PolicyType;
  /** Address of the policy below the API version. */
  readonly address: string;
  readonly wanted: readonly JsonObject[];
  readonly live: readonly JsonObject[];
}

/** The settings of a settings catalog policy as a body holds them. */
export function catalogSettings(type: PolicyType, rows: readonly JsonObject[]): Json {
  return sendable(type, [...rows], 'settings');
}

/** The request that gives an administrative template the wanted definition values. */
export function definitionValuesRequest(rows: ContentRows, graphRoot: string): WriteRequest {
  const { type, address, wanted, live } = rows;
  const idOf = (row: JsonObject) => boundId(row, 'definition').toLowerCase();
  const before = new Map(live.map((row) => [idOf(row), row]));
  const after = new Map(wanted.map((row) => [idOf(row), row]));
  const added: Json[] = [];
  const updated: Json[] = [];
  for (const [id, row] of after) {
    const now = before.get(id);
    if (now === undefined) added.push(definitionValue(type, row, graphRoot, null));
    else if (rowKey(type, 'definitionValues', now) !== rowKey(type, 'definitionValues', row))
      updated.push(definitionValue(type, row, graphRoot, now));
  }
  const gone = [...before].filter(([id]) => !after.has(id)).map(([, row]) => row.id ?? null);
  return {
    what: 'content',
    method: 'POST',
    path: `${address}/updateDefinitionValues`,
    body: { added, updated, deletedIds: gone },
  };
}

/** One definition value for a request. A change of the value `now` has the ids of its rows. */
function definitionValue(
  type: PolicyType,
  row: JsonObject,
  graphRoot: string,
  now: JsonObject | null,
): JsonObject {
  const definition = `${graphRoot}/deviceManagement/groupPolicyDefinitions('${boundId(row, 'definition')}')`;
  const rowsNow = now ? objectsIn(now.presentationValues) : [];
  const presentationValues = objectsIn(row.presentationValues).map((value) => {
    const id = boundId(value, 'presentation');
    const same = rowsNow.find((other) => boundId(other, 'presentation').toLowerCase() === id.toLowerCase());
    return {
      ...(same ? { id: same.id ?? null } : {}),
      ...ownFields(type, value, 'presentationValues', ['presentation']),
      'presentation@odata.bind': `${definition}/presentations('${id}')`,
    };
  });
  return {
    ...(now ? { id: now.id ?? null } : {}),
    ...ownFields(type, row, 'definitionValues', ['definition', 'presentationValues']),
    'definition@odata.bind': definition,
    presentationValues,
  };
}

/** Whether each row of an administrative template says which definition and presentation it belongs to. */
export function namesDefinitions(rows: readonly JsonObject[]): boolean {
  return rows.every(
    (row) =>
      boundId(row, 'definition') !== '' &&
      objectsIn(row.presentationValues).every((value) => boundId(value, 'presentation') !== ''),
  );
}

/** The rows that a legacy intent is created with. */
export function intentSettings(type: PolicyType, rows: readonly JsonObject[]): Json {
  return rows.map((row) => intentRow(type, row));
}

/** The requests that give a legacy intent the wanted settings, and the limits of what they can change. */
export function intentSettingsRequests({ type, address, wanted, live }: ContentRows): {
  readonly requests: readonly WriteRequest[];
  readonly limits: readonly WriteLimit[];
} {
  const idOf = (row: JsonObject) => String(row.definitionId).toLowerCase();
  const before = new Map(live.map((row) => [idOf(row), row]));
  const settings = wanted.flatMap((row): JsonObject[] => {
    const now = before.get(idOf(row));
    if (now && rowKey(type, 'settings', now) === rowKey(type, 'settings', row)) return [];
    return [{ ...(now?.id === undefined ? {} : { id: now.id }), ...intentRow(type, row) }];
  });
  const kept = new Set(wanted.map(idOf));
  const left = [...before.keys()].filter((id) => !kept.has(id));
  return {
    requests:
      settings.length === 0
        ? []
        : [{ what: 'content', method: 'POST', path: `${address}/updateSettings`, body: { settings } }],
    limits: left.map((field) => ({
      kind: 'cannot_remove',
      field,
      reasonCode: null,
      reason: 'Graph can’t take a setting out of an endpoint security policy of this kind, so it stays.',
    })),
  };
}

/** `value` repeats `valueJson`, so only one of them is sent. */
function intentRow(type: PolicyType, { value, ...row }: JsonObject): JsonObject {
  const sent = sendable(type, row, 'settings') as JsonObject;
  const repeated = value === undefined || (typeof row.valueJson === 'string' && row.valueJson !== 'null');
  return repeated ? sent : { ...sent, value: sendable(type, value, 'value') };
}

function ownFields(type: PolicyType, row: JsonObject, list: string, without: readonly string[]): JsonObject {
  const own = Object.entries(row).filter(([field]) => !without.includes(field));
  return sendable(type, Object.fromEntries(own), list) as JsonObject;
}

const BOUND_ID = /\('([^']+)'\)$/;

/** The id of a row's definition or presentation, which it has as an object or as an address; empty for none. */
function boundId(row: JsonObject, name: 'definition' | 'presentation'): string {
  const object = row[name];
  if (isJsonObject(object) && typeof object.id === 'string') return object.id;
  const address = row[`${name}@odata.bind`];
  return typeof address === 'string' ? (BOUND_ID.exec(address)?.[1] ?? '') : '';
}
