import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../catalogue/policy-types.js';
import type { PartAction, PartWriting } from '../catalogue/policy-writing.js';
import type { PolicyDocument } from '../policy-document.js';
import { rowKey } from './differing-parts.js';
import { listRows, sendable } from './sendable.js';
import type { WriteRequest } from './write-plan.js';

interface PartInput {
  readonly type: PolicyType;
  readonly address: string;
  readonly wanted: PolicyDocument;
  /** Null when the policy is being created. */
  readonly live: PolicyDocument | null;
}

/** The requests that give a policy's list the wanted rows. */
export function partRequests(input: PartInput, { name, by }: PartWriting): readonly WriteRequest[] {
  switch (by.kind) {
    case 'action':
      return [actionRequest(input, name, by)];
    case 'rows':
      return rowRequests(input, name, by.key);
    case 'delta':
      return deltaRequests(input, name, by);
  }
}

function actionRequest(
  { type, address, wanted }: PartInput,
  name: string,
  { action, list, beside }: Extract<PartAction, { kind: 'action' }>,
): WriteRequest {
  const rows = sendable(type, [...listRows(wanted, name)], name);
  const others = beside.map((field) => [field, wanted.raw[field] ?? null] as const);
  return {
    what: 'content',
    method: 'POST',
    path: `${address}/${action}`,
    body: { [list]: rows, ...Object.fromEntries(others.filter(([, value]) => value !== null)) },
  };
}

/** One request for each row that comes, changes or goes. */
function rowRequests({ type, address, wanted, live }: PartInput, name: string, key: string): WriteRequest[] {
  const keyOf = (row: JsonObject) => String(row[key]).toLowerCase();
  const before = new Map((live ? listRows(live, name) : []).map((row) => [keyOf(row), row]));
  const after = listRows(wanted, name);
  const pathOf = (row: JsonObject) => `${address}/${name}/${encodeURIComponent(String(row.id))}`;
  const written = after.flatMap((row): WriteRequest[] => {
    const now = before.get(keyOf(row));
    const body = sendable(type, row, name) as JsonObject;
    if (now === undefined) return [{ what: 'content', method: 'POST', path: `${address}/${name}`, body }];
    if (rowKey(type, name, now) === rowKey(type, name, row)) return [];
    return [{ what: 'content', method: 'PATCH', path: pathOf(now), body }];
  });
  const kept = new Set(after.map(keyOf));
  const gone = [...before].filter(([id]) => !kept.has(id));
  return [
    ...written,
    ...gone.map(
      ([, row]): WriteRequest => ({ what: 'content', method: 'DELETE', path: pathOf(row), body: null }),
    ),
  ];
}

function deltaRequests(
  { type, address, wanted, live }: PartInput,
  name: string,
  { action, added, deleted }: Extract<PartAction, { kind: 'delta' }>,
): WriteRequest[] {
  const before = live ? listRows(live, name) : [];
  const keysBefore = new Set(before.map((row) => rowKey(type, name, row)));
  const after = listRows(wanted, name);
  const keysAfter = new Set(after.map((row) => rowKey(type, name, row)));
  const come = after.filter((row) => !keysBefore.has(rowKey(type, name, row)));
  const gone = before.filter((row) => !keysAfter.has(rowKey(type, name, row)));
  if (come.length + gone.length === 0) return [];
  const body = { [added]: sendable(type, come, name), [deleted]: gone.map(({ id }) => id ?? null) };
  return [{ what: 'content', method: 'POST', path: `${address}/${action}`, body }];
}
