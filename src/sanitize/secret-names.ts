import { ruleOfMisspelled } from './misspelled-names.js';
import { OTHER_SCRIPTS, ruleInOtherLanguages } from './other-languages.js';
import type { RuleName } from './rules.js';
import { OWNED_WORDS, OWNERS, SECRET_ENDINGS, SECRET_LAST_WORDS } from './secret-words.js';

/** Words after the secret word that don't change its meaning: `passwordValue`, `secret_text`, `token2`. */
const NEUTRAL_TAIL =
  /^(?:value|val|text|txt|plain|plaintext|clear|cleartext|unprotected|base64|b64|encoded|enc|encrypted|pem|der|jwk|hash|hashed|data|string|str|raw|new|old|current|previous|primary|secondary|confirm|confirmation|repeat|again|prod|dev|test|this|header|param|parameter|field|input|env|var|\d+)$/;

/** Words that make a name a statement about secrets and not the name of one. */
const STATEMENT =
  /^(?:has|is|require|requires|required|requiring|allow|allows|allowed|allowing|disallow|disable|disables|disabled|enable|enables|enabled|block|blocks|blocked|enforce|enforces|restrict|prevent|min|minimum|max|maximum|need|needs|must|can|cannot|force|skip|supports|show|hide|display|reveal|ask|asks|prompt|prompts|remember|save|rotate|check|count|num|number|invalid|expired|missing|malformed|unknown|unsupported|revoked|denied|failed|bad|empty|unexpected|expected|unauthorized|no|without|expiring|duplicate)$/;

/** The same words at the beginning of a name without separators: `requirepin`, `allowsimpledevicepassword`. */
const JOINED_STATEMENT =
  /^(?:l_)?(?:allow|disallow|require|enforce|force|disable|enable|block|restrict|prevent|importsaved|show|hide|display|reveal|remember|save(?!d)|ask|prompt|rotate|synclocal|donot|turnoff|use(?!r))|disallow|canchange/;

/** Phrases with the same effect: `type of password`, `import saved passwords`. */
const STATEMENT_PHRASE =
  /(?:^| )(?:(?:length|type|kind|age|names?|days?|time|history|complexity|expiry|expiration|use|format|hint) (?:of|for|before|until|between)|import saved|sync local) /;

/** Names of secrets that begin like a statement; network devices have an enable password. */
const STATEMENT_IN_NAME_ONLY = /(?:^| )remember token$|^enable (?:password|secret)$/;

const PREPOSITION = /^(?:for|of|to|in|on|at|with|from|by|used|fur|des|der|zum|du|de|pour|para|del|van|voor)$/;

/** The purposes of a PIN. Before other words, "pin" may be the verb. */
const PIN_PURPOSE = /^(?:unlock|open|access|exit|enter|sign|log|login|use|confirm|protect|disable)$/;

const IN_OTHER_SCRIPTS = new RegExp(`(?:${OTHER_SCRIPTS})[\\s:\uff1a]*$`, 'i');

/** Programs that change passwords. */
const PROGRAM = /^(?:ht|ch|smb|k|vnc|mk|ldap)passwd$/i;

/** Tokens of public keys, which are part of assembly names, and names of secrets that stand elsewhere. */
const PUBLIC =
  /(?:^| )(?:public ?key ?tokens?|acct session id|multi session id|(?:existing|(?:image )?pull) secrets?)$/;

const cache = new Map<string, RuleName | null>();
const CACHE_MAX = 2000;
const NAME_LENGTH_MAX = 300;

/**
 * Whether a value under this name is a secret. The name may be a field (`bitlockerKey`), a header (`X-Api-Key`), an
 * environment variable (`DB_PASSWORDS`), a setting's definition id (`vendor_msft_product_activationkey`), a path
 * (`./Device/Vendor/MSFT/Product/Pin`) or a label (`Password for the proxy`). False for names of rules about secrets
 * (`passwordMinimumLength`, `Require password`) and of public things (`publicKey`, `thumbprint`, `errorCode`).
 */
export function isSecretName(name: string): boolean {
  const rule = secretNameRule(name);
  return rule !== undefined && rule !== 'phone' && !SECURITY_IDENTIFIER.test(name);
}

/** In Windows a SID is the identifier of an account or a group; elsewhere the word means a session. */
const SECURITY_IDENTIFIER = /sids?$/i;

/**
 * Whether the value of a field with this name is a whole file or script, which may contain any secret:
 * `scriptContent`, `payloadJson`, `..._wlanxml`, every `...Blob`.
 */
export function carriesFile(name: string): boolean {
  return FILE_ENDING.test(name.toLowerCase().replace(/[^a-z\d]/g, ''));
}

const FILE_ENDING =
  /(?:scriptcontent|^payload|payloadjson|encodedsettingxml|wlanxml|eapxml|eapconfiguration|profilexml|blob)$/;

/**
 * Returns the rule that removes the value under a secret's name, or undefined for any other name. The secret word
 * must be the name's last word, or the last one before a preposition.
 */
export function secretNameRule(name: string): RuleName | undefined {
  if (name.length > NAME_LENGTH_MAX || name.startsWith('[redacted:')) return undefined;
  let rule = cache.get(name);
  if (rule === undefined) {
    rule = classify(name);
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(name, rule);
  }
  return rule ?? undefined;
}

function classify(name: string): RuleName | null {
  if (/[^\x20-\x7e]/.test(name) && IN_OTHER_SCRIPTS.test(name)) return 'password';
  // The environment variable SSHPASS is a secret, the program isn't.
  if (PROGRAM.test(name) || name === 'sshpass') return null;
  const translated = ruleInOtherLanguages(name);
  if (translated) return translated;
  const misspelled = ruleOfMisspelled(name);
  if (misspelled) return misspelled;
  const parts = partsOf(name);
  while (parts.length > 1 && parts.at(-1)?.every((word) => NEUTRAL_TAIL.test(word))) parts.pop();
  const last = parts.at(-1) ?? [];
  return ruleOfPhrase(last) ?? ruleOfPhrase([...(parts.at(-2) ?? []), ...last]);
}

/** The words of each part of a path, of a dotted name, or of camel-case names joined by underscores. */
function partsOf(name: string): string[][] {
  const isMixed = name.includes('_') && /[a-z][A-Z]/.test(name);
  const plain = /[^\x20-\x7e]/.test(name)
    ? name.normalize('NFD').replace(/\p{M}/gu, '').replace(/ł/gi, 'l')
    : name;
  return plain
    .replace(/\([^()]*\)\s*:?\s*$/, '')
    .split(isMixed ? /[/~.:\\_]+/ : /[/~.:\\]+/)
    .map(wordsOf)
    .filter((words) => words.length > 0);
}

function wordsOf(part: string): string[] {
  return part
    .replace(/[A-Z]{2,}s(?![a-z])/g, (plural) => ` ${plural.toLowerCase()}`)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
}

function ruleOfPhrase(words: readonly string[]): RuleName | null {
  const phrase = words.join(' ');
  if (!STATEMENT_IN_NAME_ONLY.test(phrase)) {
    if (words.some((word) => STATEMENT.test(word)) || STATEMENT_PHRASE.test(phrase)) return null;
    if (PUBLIC.test(phrase)) return null;
  }
  const asWritten = ruleOfWords(words);
  if (asWritten) return asWritten;
  const withoutTail = [...words];
  while (withoutTail.length > 1 && NEUTRAL_TAIL.test(withoutTail.at(-1) ?? '')) withoutTail.pop();
  return ruleOfWords(withoutTail) ?? ruleBeforePreposition(words);
}

/** `Password for the proxy` names a password, and `code to unlock` an unlock code. */
function ruleBeforePreposition(words: readonly string[]): RuleName | null {
  const at = words.findIndex((word, index) => index > 0 && PREPOSITION.test(word));
  if (at < 0) return null;
  const head = words.slice(0, at);
  const purpose = words[at + 1] ?? '';
  if (/^pins?$/.test(head.at(-1) ?? '') && words[at] === 'to' && !PIN_PURPOSE.test(purpose)) return null;
  return ruleOfWords(head) ?? ruleOfWords([purpose, head.at(-1) ?? '']);
}

function ruleOfWords(words: readonly string[]): RuleName | null {
  const last = words.at(-1) ?? '';
  if (JOINED_STATEMENT.test(last)) return null;
  for (let i = words.length; i > Math.max(0, words.length - 3); i--) {
    const joined = words.slice(i - 1).join('');
    for (const candidate of [joined, joined.replace(/(?:s|value|text|\d{1,9})$/, '')]) {
      const rule = endingRule(candidate);
      if (rule) return rule;
    }
  }
  const singular = last.replace(/(?<!s|auth)s$/, '');
  return SECRET_LAST_WORDS.get(last) ?? SECRET_LAST_WORDS.get(singular) ?? ownedRule(singular);
}

/** An ending that two rules list belongs to the first of them. */
const RULES_BY_ENDING: ReadonlyMap<string, RuleName> = new Map(
  SECRET_ENDINGS.flatMap(([rule, list]) =>
    list.split(' ').map((ending) => [ending.replaceAll('-', ''), rule] as const),
  ).reverse(),
);

/** Longest first, so that `wpapassphrase` gets its own rule and not that of `passphrase`. */
const ENDING_LENGTHS = [...new Set([...RULES_BY_ENDING.keys()].map(({ length }) => length))].sort(
  (a, b) => b - a,
);

function endingRule(word: string): RuleName | undefined {
  for (const length of ENDING_LENGTHS) {
    const rule = length <= word.length ? RULES_BY_ENDING.get(word.slice(-length)) : undefined;
    if (rule) return rule;
  }
  return undefined;
}

function ownedRule(word: string): RuleName | null {
  for (const [short, rule] of OWNED_WORDS) {
    if (!word.endsWith(short)) continue;
    const owner = word.slice(0, -short.length);
    if (OWNERS.some((candidate) => owner.endsWith(candidate))) return rule;
  }
  return null;
}
