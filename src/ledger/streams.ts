/**
 * The form of the ledger's stream names: `<category>-<tenant id>` or `<category>-<tenant id>.<subject>`. A category
 * is one word of lower-case letters, so that prefix filters end in `-`, as EventStoreDB's own categories do. The
 * event definitions say which categories exist.
 */

export const LEDGER_CATEGORY = 'ledger';
export const LEDGER_STREAM = `${LEDGER_CATEGORY}-main`;

const CATEGORY = /^[a-z]+$/;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Prefixes that match the streams of every category, also of categories that only a newer program version knows. */
export const EVERY_STREAM: readonly string[] = [...LETTERS];

/** Whether a text may be the category of streams. */
export const isCategory = (text: string): boolean => CATEGORY.test(text);

/** The prefix of the stream names of a category. */
export const prefixOf = (category: string): string => `${category}-`;

/** The stream of a tenant, or of something in a tenant. */
export function streamName(category: string, tenantId: string, subject?: string): string {
  return prefixOf(category) + (subject === undefined ? tenantId : `${tenantId}.${subject}`);
}

/** Whether a stream holds events of a tenant: its name carries the tenant's id after the category. */
export function streamIsOf(name: string, tenantId: string): boolean {
  const id = parseStream(name)?.id;
  return id !== undefined && (id === tenantId || id.startsWith(`${tenantId}.`));
}

/** The category and the rest of a stream name, or undefined for names of another form. */
export function parseStream(name: string): { category: string; id: string } | undefined {
  const hyphen = name.indexOf('-');
  if (hyphen < 0) return undefined;
  const category = name.slice(0, hyphen);
  return isCategory(category) ? { category, id: name.slice(hyphen + 1) } : undefined;
}
