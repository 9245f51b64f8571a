import type { SecretCase } from './case.js';

/** A failed case: the sanitizer's output, and what leaked or was lost. */
export interface Miss {
  readonly id: string;
  readonly output: string;
  readonly problem: string;
}

/** Lists the cases whose output contains a secret or lacks a helpful part. */
export function leaksAndLosses(
  cases: readonly SecretCase[],
  sanitize: (text: string) => string,
): { readonly leaks: readonly Miss[]; readonly losses: readonly Miss[] } {
  const leaks: Miss[] = [];
  const losses: Miss[] = [];
  for (const { id, text, secrets, keeps } of cases) {
    const output = sanitize(text);
    const leaked = secrets.filter((secret) => output.includes(secret));
    if (leaked.length > 0) leaks.push({ id, output, problem: `leaks ${leaked.join(' and ')}` });
    const lost = keeps.filter((keep) => !output.includes(keep));
    if (lost.length > 0) losses.push({ id, output, problem: `lost ${lost.join(' and ')}` });
  }
  return { leaks, losses };
}

/** Lists the clean texts that the sanitizer changes. */
export function overRedactions(
  texts: readonly string[],
  sanitize: (text: string) => string,
): readonly Miss[] {
  return texts
    .map((text) => ({ id: text.slice(0, 60), output: sanitize(text), problem: 'changed' }))
    .filter(({ output }, index) => output !== texts[index]);
}
