import { POLICY_TYPES, type PolicyType } from '../../src/policies/catalogue/policy-types.js';
import type { PartWriting, PolicyWriting } from '../../src/policies/catalogue/policy-writing.js';
import { REFERENCE_SOURCES } from '../../src/policies/catalogue/references.js';
import { code, markdownTable } from './generated-blocks.js';

/** The tables of `docs/policy-types.md`: what each type is, how it is read, and how it is compared. */
export function policyTypeTables(): Record<string, string> {
  return {
    types: types(),
    reading: reading(),
    comparing: comparing(),
    references: references(),
    writing: writing(),
    fields: fieldsWhenWriting(),
  };
}

function types(): string {
  return markdownTable(
    ['Type', 'Name', 'Path under `/beta`', 'Permission to read', 'Licence besides Intune', 'Can be written'],
    POLICY_TYPES.map(({ label, name, path, permission, licence, notWritable }) => [
      label,
      code(name),
      code(path),
      code(permission),
      licence ?? '',
      notWritable === null ? 'yes' : `no: ${notWritable}`,
    ]),
  );
}

function reading(): string {
  return markdownTable(
    ['Type', 'The listing', 'Assignments', 'Besides, for each policy', 'Not among the policies'],
    POLICY_TYPES.map((type) => [
      type.label,
      type.listQuery === '' ? 'as it is' : code(type.listQuery),
      ASSIGNMENTS[type.assignments],
      besides(type).join('; '),
      type.leftOut?.what ?? '',
    ]),
  );
}

const ASSIGNMENTS: Readonly<Record<PolicyType['assignments'], string>> = {
  expanded: 'with the listing',
  own_collection: code('{id}/assignments'),
  own_address: 'with its own address',
  none: 'none',
};

function besides({ content, ownAddress, children, links }: PolicyType): string[] {
  const parts: string[] = [];
  if (content) parts.push(code(`{id}/${content.name}${content.query === '' ? '' : `?${content.query}`}`));
  const expanded = children.filter((child) => child.expanded).map(({ name }) => name);
  if (ownAddress) parts.push(`its own address for ${codes([...ownAddress.fields, ...expanded])}`);
  if (ownAddress && Object.keys(ownAddress.collections).length > 0)
    parts.push(
      `in ${codes(Object.values(ownAddress.collections).map(({ path }) => path.split('/').at(-1) ?? ''))}`,
    );
  for (const { name, rows, derivedTypes } of children.filter((child) => !child.expanded)) {
    const only = derivedTypes === null ? '' : ` of ${code(derivedTypes.source.replace(/^\^|\$$/g, ''))}`;
    parts.push(`${code(`{id}/${name}`)}${only}`);
    if (rows) parts.push(`each of these at ${code(`${rows.path}/{id}`)} for ${codes(rows.fields)}`);
  }
  const linked = [...new Set(links.flatMap(({ names }) => names))];
  if (linked.length > 0) parts.push(`links to ${codes(linked)}`);
  return parts;
}

function comparing(): string {
  const rows = POLICY_TYPES.map((type): readonly [string, string, string, string, string] => [
    type.label,
    codes(type.serviceFields),
    codes(type.secretFields),
    codes(type.orderedLists.map((name) => name.replace('*', '…/'))),
    comparedInPart(type),
  ]);
  return markdownTable(
    ['Type', 'Facts of the service', 'Secrets', 'Lists with an order', 'Compared in part'],
    rows.filter(([, ...facts]) => facts.some((fact) => fact !== '')),
  );
}

function comparedInPart({ madeByMicrosoft, children }: PolicyType): string {
  const parts = children.flatMap(({ name, decisions }) =>
    decisions ? [`of ${code(name)} only ${decisions.what}`] : [],
  );
  if (madeByMicrosoft !== null) {
    const { what, fields } = madeByMicrosoft;
    const left = fields === 'all' ? 'all own fields' : `the name, ${codes(fields)}`;
    parts.push(`of ${what} not ${left}`);
  }
  return parts.join('; ');
}

function references(): string {
  const rows = POLICY_TYPES.filter(({ refersTo }) => refersTo.length > 0);
  return markdownTable(
    ['Type', 'Refers to'],
    rows.map(({ label, refersTo }) => [
      label,
      refersTo.map(({ kind, at }) => `${REFERENCE_SOURCES[kind].word}: ${code(at)}`).join('; '),
    ]),
  );
}

/** The types that can be written, in the order of a restore. */
function writableTypes(): readonly (readonly [PolicyType, PolicyWriting])[] {
  const writable = POLICY_TYPES.flatMap((type): (readonly [PolicyType, PolicyWriting])[] =>
    type.writing ? [[type, type.writing]] : [],
  );
  return writable.sort(([, a], [, b]) => a.rank - b.rank);
}

function writing(): string {
  return markdownTable(
    ['Type', 'Rank', 'Permission to write', 'Created by', 'Changed by', 'Calls of their own', 'Assigned by'],
    writableTypes().map(([{ label, content }, own]) => [
      label,
      String(own.rank),
      code(own.permission),
      own.content === 'updateSettings' ? code('templates/{templateId}/createInstance') : 'POST',
      own.content === 'put' ? 'PATCH; PUT where settings differ' : own.update,
      [
        ...(content && own.content !== 'put' ? [`${code(content.name)} by ${code(own.content ?? '')}`] : []),
        ...own.parts.map((part) => `${code(part.name)} by ${calls(part)}`),
      ].join('; '),
      assignedBy(own),
    ]),
  );
}

function calls({ by }: PartWriting): string {
  return by.kind === 'rows' ? `one request a row, told apart by ${code(by.key)}` : code(by.action);
}

function assignedBy({ assign }: PolicyWriting): string {
  if (assign === null) return '';
  const by =
    assign.kind === 'rows' ? 'one request an assignment' : `${code(assign.action)} of ${code(assign.list)}`;
  return assign.exclusions ? by : `${by}; no exclusions`;
}

function fieldsWhenWriting(): string {
  const rows = writableTypes().filter(
    ([, { readOnly, computed, fixed, datesAhead, provided, uniqueNames }]) =>
      readOnly.length + computed.length + fixed.length + datesAhead.length > 0 ||
      provided !== null ||
      uniqueNames,
  );
  return markdownTable(
    [
      'Type',
      'Not taken by Graph',
      'Derived by Graph',
      'Set by a create only',
      'Dates that must be ahead',
      'Special cases',
    ],
    rows.map(([{ label }, { readOnly, computed, fixed, datesAhead, provided, uniqueNames }]) => [
      label,
      codes(readOnly),
      codes(computed),
      codes(fixed),
      codes(datesAhead),
      [
        ...(provided
          ? [
              `${provided.what}: ${provided.takes === 'nothing' ? 'left as they are' : `${provided.takes} only`}`,
            ]
          : []),
        ...(uniqueNames ? ['names are unique'] : []),
      ].join('; '),
    ]),
  );
}

const codes = (names: readonly string[]): string => names.map(code).join(', ');
