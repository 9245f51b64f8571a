/**
 * An address without the fields that a form sent empty; undefined where it has none. Browsers send every field of a
 * form, so an address would otherwise name filters that nobody set.
 */
export function withoutEmptyFields(address: string): string | undefined {
  const [path = '', query = ''] = address.split(/\?(.*)/s);
  const fields = [...new URLSearchParams(query)];
  const filled = fields.filter(([, value]) => value !== '');
  if (filled.length === fields.length) return undefined;
  return filled.length === 0 ? path : `${path}?${new URLSearchParams(filled)}`;
}
