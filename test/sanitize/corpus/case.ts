import { readFileSync } from 'node:fs';
import { packageRoot } from '../../../src/app-version.js';
import { type Material, material } from './material.js';

/** A text with planted secrets, none of which may be in the sanitizer's output. */
export interface SecretCase {
  readonly id: string;
  readonly text: string;
  readonly secrets: readonly string[];
  /** Parts that help a person and must survive. */
  readonly keeps: readonly string[];
}

export type Build = (
  m: Material,
) => readonly [text: string, secrets: string | readonly string[], ...keeps: string[]];

/** Builds cases, each from its own seed: the place of its name in the list doesn't matter. */
export function buildCases(group: string, builds: Readonly<Record<string, Build>>): readonly SecretCase[] {
  return Object.entries(builds).map(([name, build]) => {
    let seed = 7;
    for (const character of group + name) seed = (Math.imul(seed, 31) + character.charCodeAt(0)) | 0;
    const [text, secrets, ...keeps] = build(material(seed));
    return {
      id: `${group}/${name}`,
      text,
      secrets: typeof secrets === 'string' ? [secrets] : secrets,
      keeps,
    };
  });
}

const WORDS = 'abandon ability able about above absent absorb abstract absurd abuse access accident'.split(
  ' ',
);

const PLANTED = /⟪(?:=([^⟫]+)|(\w+)(?::(\d+))?)⟫/g;

/** How each kind of planted secret is made; people's passwords are short and made of words. */
function plant(m: Material, kind: string, length: number): string {
  switch (kind) {
    case 'human':
      return `${m.pick('SWFHK', 1)}${m.pick('aeiou', 1)}${m.pick('mnrlst', 2)}er${m.pick('-_!', 1)}${m.digits(4)}`;
    case 'low':
      return `${m.pick('bdfgklmnprst', 1)}${m.pick('aeiou', 1)}${m.pick('bdfgklmnprst', 2)}er${m.digits(1)}${m.pick('bdfgklmnprst', 1)}${m.pick('aeo', 1)}`;
    case 'b32':
      return m.pick('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', length);
    case 'code':
      return `${m.pick('BCDFGHJKLMNPQRSTVWXZ', 4)}${m.digits(1)}${m.pick('BCDFGHJKLMNPQRSTVWXZ', 4)}`;
    case 'recovery':
      return `${m.hex(5)}-${m.hex(5)}`;
    case 'words':
      return Array.from({ length: 12 }, () => WORDS[Number(m.digits(2)) % WORDS.length]).join(' ');
    case 'fours':
      return [0, 1, 2, 3].map(() => m.pick('bcdfghjklmnpqrstvwxyz', 4)).join(length === 1 ? ' ' : '-');
    case 'digits':
      return m.digits(length);
    case 'hexU':
      return m.hex(length).toUpperCase();
    case 'pin':
      return m.digits(6);
    case 'b62':
      return m.b62(length);
    case 'b64':
      return m.b64(length);
    case 'url64':
      return m.url64(length);
    case 'groups':
      return [0, 1, 2, 3, 4].map(() => m.pick('BCDFGHJKMPQRTVWXY2346789', 5)).join('-');
    case 'sixes':
      return [0, 1, 2, 3, 4, 5, 6, 7].map(() => m.digits(6)).join('-');
    case 'hex':
      return m.hex(length);
    case 'jwt':
      return m.jwt();
    default:
      return m.password();
  }
}

/**
 * Builds a case from each template. `⟪pw⟫`, `⟪human⟫`, `⟪pin⟫`, `⟪b62:24⟫`, `⟪hex:32⟫` and the like are planted
 * secrets, `⟪=sunflower7⟫` is this one; the strings after the template must survive.
 */
export function templateCases(
  group: string,
  templates: Readonly<Record<string, readonly [template: string, ...keeps: string[]]>>,
): readonly SecretCase[] {
  return buildCases(
    group,
    Object.fromEntries(
      Object.entries(templates).map(([name, [template, ...keeps]]): [string, Build] => [
        name,
        (m) => {
          const secrets: string[] = [];
          const text = template.replace(PLANTED, (_, literal?: string, kind = '', length = '0') => {
            const secret = literal ?? plant(m, kind, Number(length));
            secrets.push(secret);
            return secret;
          });
          return [text, secrets, ...keeps];
        },
      ]),
    ),
  );
}

const LINES = 'test/fixtures/sanitizer';

/**
 * Reads a corpus of lines as tools print them, each a case: ⟪kind⟫ is a planted secret, ⏎ a line end and ⇥ a tab.
 */
export function lineCases(name: string): readonly SecretCase[] {
  const lines = linesOf(`${name}.secrets.txt`);
  return templateCases(name, Object.fromEntries(lines.map((line) => [line, [line] as const])));
}

/** Reads the lines of such a corpus in which nothing is secret. */
export function cleanLines(name: string): readonly string[] {
  return linesOf(`${name}.clean.txt`);
}

function linesOf(file: string): readonly string[] {
  return readFileSync(`${packageRoot}/${LINES}/${file}`, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replaceAll('⏎', '\n').replaceAll('⇥', '\t'));
}
