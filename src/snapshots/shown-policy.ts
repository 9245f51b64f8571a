import type { GraphPolicy, UnreadPolicy } from '../graph/policies/graph-policy.js';
import { bounded } from '../runs/run-events.js';
import { sanitizeText } from '../sanitize/index.js';

const NAME_LENGTH_MAX = 500;
const ID_LENGTH_MAX = 200;

/** The name of a policy as it may be shown, or its id when it has no name or nothing of it may be shown. */
export function shownName({
  name,
  id,
  type,
}: Pick<GraphPolicy | UnreadPolicy, 'name' | 'id' | 'type'>): string {
  const shown = [name, id].map((text) => sanitizeText(text ?? '')).find((text) => text.trim() !== '');
  return bounded(shown ?? `${type.label}: an entry without id and name`, NAME_LENGTH_MAX);
}

/** The id as it may be shown; empty when Graph gave none. */
export const shownId = ({ id }: { readonly id: string | null }): string => bounded(id ?? '', ID_LENGTH_MAX);
