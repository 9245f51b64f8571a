const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

const SPECIAL = /[&<>"'`]/;
const ALL_SPECIAL = /[&<>"'`]/g;

/** Escapes a value for text and for quoted attributes. Null and undefined become an empty text. */
export function escapeHtml(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  return SPECIAL.test(text)
    ? text.replace(ALL_SPECIAL, (character) => ENTITIES[character] ?? character)
    : text;
}
