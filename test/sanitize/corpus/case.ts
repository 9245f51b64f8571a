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

const PLANTED = /⟪(\w+)(?::(\d+))?⟫/g;

/** How each kind of planted secret is made; people's passwords are short and made of words. */
function plant(m: Material, kind: string, length: number): string {
  switch (kind) {
    case 'human':
      return `${m.pick('SWFHK', 1)}${m.pick('aeiou', 1)}${m.pick('mnrlst', 2)}er${m.pick('-_!', 1)}${m.digits(4)}`;
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
 * secrets; the strings after the template must survive.
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
          const text = template.replace(PLANTED, (_, kind: string, length?: string) => {
            const secret = plant(m, kind, Number(length ?? 0));
            secrets.push(secret);
            return secret;
          });
          return [text, secrets, ...keeps];
        },
      ]),
    ),
  );
}
