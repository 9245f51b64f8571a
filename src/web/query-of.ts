/**
 * The query of an address with these fields, some of them replaced, with its question mark; empty where no field is set.
 * Undefined, null and empty values are left out; a list is one field for each entry.
 */
export function queryOf(fields: object, changes: object = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...fields, ...changes }))
    for (const entry of Array.isArray(value) ? value : [value])
      if (entry !== undefined && entry !== null && entry !== '') params.append(name, String(entry));
  return params.size === 0 ? '' : `?${params}`;
}

/** A link to a path with a query of these fields. */
export const pathWithQuery = (path: string, fields: object): string => `${path}${queryOf(fields)}`;
