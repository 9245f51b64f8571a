import { CALLED_BY_NAME, type RuleName } from './rules.js';
import type { Span } from './span.js';

/** Rules that recognise a secret by its name, so that the same value elsewhere is found by no rule. */
const BY_NAME: ReadonlySet<RuleName> = new Set<RuleName>([
  ...CALLED_BY_NAME,
  ...(['bearer', 'basic-auth', 'authorization', 'sas', 'cookie', 'session', 'url-credentials'] as const),
]);

const CHARACTERS_MIN = 6;
const CHARACTERS_MAX = 512;
const VALUES_MAX = 200;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The secrets that were removed from a text, an error or an object, to be removed wherever else they stand in it. */
export interface KnownSecrets {
  /** Remembers a removed value, unless it is a word, a count or an identifier that may mean something else. */
  add(value: string, rule: RuleName): void;
  /** Adds the places of all remembered values in a text. */
  find(text: string, add: (span: Span) => void): void;
  isEmpty(): boolean;
}

/** An empty memory for the secrets of one text, error or object. At most 200 values are remembered. */
export function createKnownSecrets(): KnownSecrets {
  /** Values by their first characters, so that a text is searched once for all of them. */
  const byBeginning = new Map<string, Map<string, RuleName>>();
  let count = 0;

  function remember(value: string, rule: RuleName): void {
    if (count >= VALUES_MAX || !isRecognisable(value)) return;
    const beginning = value.slice(0, CHARACTERS_MIN);
    const values = byBeginning.get(beginning) ?? new Map<string, RuleName>();
    if (values.has(value)) return;
    values.set(value, rule);
    byBeginning.set(beginning, values);
    count += 1;
  }

  return {
    add(value, rule) {
      if (!BY_NAME.has(rule)) return;
      for (const part of partsOf(value, rule)) remember(part, rule);
    },
    find(text, add) {
      if (count === 0) return;
      for (let at = 0; at + CHARACTERS_MIN <= text.length; at++) {
        for (const [value, rule] of byBeginning.get(text.slice(at, at + CHARACTERS_MIN)) ?? [])
          if (text.startsWith(value, at)) add({ start: at, end: at + value.length, rule });
      }
    },
    isEmpty: () => count === 0,
  };
}

/** The password of `user:password`, and the values of cookies and lists. */
function partsOf(value: string, rule: RuleName): readonly string[] {
  const bare = value.trim().replace(/^["'`]|["'`]$/g, '');
  if (rule === 'url-credentials') return [bare.slice(bare.indexOf(':') + 1)];
  if (rule === 'cookie') return bare.split(/[;,]\s*/).map((pair) => pair.slice(pair.indexOf('=') + 1));
  if (rule === 'authorization') return [bare.replace(/^[\w-]+\s+/, '')];
  return [bare];
}

/**
 * Whether the same characters elsewhere are surely the secret: they are no plain word, number, identifier or whole
 * line of text.
 */
function isRecognisable(value: string): boolean {
  if (value.length < CHARACTERS_MIN || value.length > CHARACTERS_MAX || /[\n\uE000]/.test(value))
    return false;
  if (GUID.test(value) || !/[A-Za-z]/.test(value)) return /^\d{6}(?:-\d{6}){7}$/.test(value);
  return /\d/.test(value) || /[a-z][A-Z]|[A-Z]{2}[a-z]/.test(value) || /[^\w\s.:,/\\-]/.test(value);
}
