/** The part of JSON Schema that zod writes for the ledger's schemas. */
interface Schema {
  readonly type?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: unknown;
  readonly pattern?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: unknown;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly unknown[];
  readonly anyOf?: readonly unknown[];
  readonly $ref?: unknown;
}

export interface FieldRow {
  /** The path of the field with dots; `[]` is each entry of a list. */
  readonly field: string;
  readonly form: string;
}

/**
 * Every field of an object's JSON Schema with its form in words. Nested fields follow the field that contains them.
 */
export function fieldRows(schema: unknown, prefix = ''): FieldRow[] {
  const { properties = {}, required = [] } = schema as Schema;
  return Object.entries(properties).flatMap(([name, inner]) => {
    const field = `${prefix}${name}`;
    const optional = required.includes(name) ? '' : ', may be left out';
    return [{ field, form: `${formOf(inner as Schema)}${optional}` }, ...nestedRows(inner as Schema, field)];
  });
}

function nestedRows(schema: Schema, field: string): FieldRow[] {
  if (schema.items) return nestedRows(schema.items as Schema, `${field}[]`);
  const alternatives = (schema.oneOf ?? schema.anyOf ?? []) as readonly Schema[];
  if (alternatives.length === 0) return fieldRows(schema, `${field}.`);
  const forms = new Map<string, Set<string>>();
  for (const { field: name, form } of alternatives.flatMap((one) => nestedRows(one, field)))
    forms.set(name, (forms.get(name) ?? new Set()).add(form));
  return [...forms].map(([name, various]) => ({ field: name, form: [...various].join(' or ') }));
}

function formOf(schema: Schema): string {
  const { anyOf, oneOf, items, maximum = Number.MAX_SAFE_INTEGER } = schema;
  if (schema.$ref !== undefined) return 'JSON';
  const alternatives = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (alternatives) return [...new Set(alternatives.map(formOf))].join(' or ');
  if (schema.const === '') return 'empty';
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (items) return `list of ${listBounds(schema)}${formOf(items as Schema)}`;
  switch (schema.type) {
    case 'string':
      return textForm(schema);
    case 'integer':
      return `whole number${schema.minimum === undefined ? '' : ` ≥ ${schema.minimum}`}${
        maximum < Number.MAX_SAFE_INTEGER ? `, ≤ ${maximum}` : ''
      }`;
    case 'object':
      return schema.properties ? 'object' : 'JSON object';
    default:
      return String(schema.type ?? 'JSON');
  }
}

function listBounds({ minItems = 0, maxItems }: Schema): string {
  if (maxItems === undefined) return minItems > 0 ? `at least ${minItems}: ` : '';
  return `${minItems} to ${maxItems}: `;
}

/** The name of a known format, or the pattern itself. */
function textForm({ format, pattern, minLength = 0, maxLength }: Schema): string {
  if (format === 'date-time') return 'UTC time with milliseconds';
  if (format === 'uuid') return 'GUID';
  const size =
    maxLength === undefined
      ? ''
      : ` of ${minLength > 0 ? `${minLength} to ` : 'at most '}${maxLength} characters`;
  if (format !== undefined) return `${String(format)}${size}`;
  return `text${size}${pattern === undefined ? '' : ` like \`${String(pattern)}\``}`;
}
