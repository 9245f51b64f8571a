import type { RuleName } from './rules.js';

/** Slips of the hand in common names of secrets, and digits or signs in the place of letters. */
const SLIPS: ReadonlyArray<readonly [RuleName, string]> = [
  [
    'password',
    'p[a4@][s5$]{1,3}(?:w[o0]r?[dt]|w[o0]r|[o0]w?r[dt]|wr[o0]?d|wrt|w[o0]dr|c[o0]de?|p?[hf]h?r[a4]se)|p[sw]assword|' +
      'kenn?w[o0]?r[dt]|wachtw[o0]?rd|contras?e(?:n|gn|nh)ia?',
  ],
  ['secret', 's[e3]cr[e3]t|cr[e3]d[e3]nt[i1]als?|cr[e3]ds'],
  ['token', 't[o0]k[e3]n'],
];

/** All of these slips, for a pattern that looks for the name of any secret. */
export const MISSPELLED = SLIPS.map(([, words]) => words).join('|');

const BY_RULE = SLIPS.map(
  ([rule, words]) => [rule, new RegExp(`(?:^|[^a-z\\d])(${words})s?$`, 'i')] as const,
);

/** The words as they are spelled, which `secret-names.ts` judges by the words beside them. */
const SPELLED =
  /^(?:passwor[dt]|passcode|passphrase|passord|pascode|kennwort|wachtwoord|secret|credentials?|creds|token)$/i;

/** The rule of a name whose last word is misspelled, or undefined: `pasword`, `passwrod`, `Pa55phrase`, `s3cret`. */
export function ruleOfMisspelled(name: string): RuleName | undefined {
  for (const [rule, pattern] of BY_RULE) {
    const word = pattern.exec(name)?.[1];
    if (word !== undefined) return SPELLED.test(word) ? undefined : rule;
  }
  return undefined;
}
