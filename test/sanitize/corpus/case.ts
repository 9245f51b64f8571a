import { type Material, material } from './material.js';

/** A text with planted secrets, none of which may be found in what the sanitizer returns. */
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
