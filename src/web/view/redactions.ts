import { RULES } from '../../sanitize/index.js';

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'redaction'; readonly rule: string; readonly label: string; readonly meaning: string };

const MARK = /\[redacted:([a-z0-9-]{1,40})\]|"?\[masked\]"?/g;

/** Splits a text at the sanitizer's marks, so that a page can show each mark as a chip with the meaning of its rule. */
export function withRedactions(text: string | null | undefined): readonly TextPart[] {
  if (text === null || text === undefined) return [];
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(MARK)) {
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) });
    const rule = match[1] ?? 'masked';
    const label = match[1] ? `redacted: ${rule}` : rule;
    parts.push({ kind: 'redaction', rule, label, meaning: meaningOf(rule) });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) });
  return parts;
}

function meaningOf(rule: string): string {
  if (rule === 'masked') return 'A secret value; it is never shown';
  const known: Readonly<Record<string, string>> = RULES;
  const meaning = Object.hasOwn(known, rule) ? known[rule] : undefined;
  return meaning ? `Removed before it was recorded: ${meaning}` : 'Removed before it was recorded';
}
