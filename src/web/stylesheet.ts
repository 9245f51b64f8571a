import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../app-version.js';

/**
 * The files of `views/styles` by cascade layer. Rules of a later layer win over those of an earlier one, and between
 * equal rules of a layer the later one wins.
 */
const LAYERS = {
  base: ['base'],
  frame: ['frame', 'strip'],
  parts: ['states', 'filters', 'ledger', 'runs', 'controls'],
  pages: [
    ...['run', 'items', 'history', 'compare', 'failures', 'drift', 'audit', 'health', 'sections'],
    ...['stand-alone', 'forms', 'members', 'backups', 'schedules', 'sign-in'],
  ],
} as const;

/** The layers of what is different on a small screen, on paper and with forced colours, in any file. */
const MEDIA_LAYERS = { small: /<=|max-/, print: /print/, forced: /forced-colors/ } as const;

const TOP_LEVEL_MEDIA = /^@media ([^{]+) \{\n.*?^\}\n/gms;

const read = (name: string) => readFileSync(path.join(packageRoot, 'views/styles', `${name}.css`), 'utf8');
const inLayer = (layer: string, rules: string) => `@layer ${layer} {\n${rules}}\n`;

/** A file's rules in their layer, followed by its media blocks in theirs. */
function layered(name: string, layer: string): string {
  const media: string[] = [];
  const rules = read(name).replace(TOP_LEVEL_MEDIA, (block, condition: string) => {
    const [own] = Object.entries(MEDIA_LAYERS).find(([, mark]) => mark.test(condition)) ?? [];
    if (own === undefined) return block;
    media.push(inLayer(own, block));
    return '';
  });
  return inLayer(layer, rules) + media.join('');
}

/** The stylesheet of all pages. The tokens are in no layer. */
export const stylesheet = (): string =>
  [
    `@layer ${[...Object.keys(LAYERS), ...Object.keys(MEDIA_LAYERS)].join(', ')};\n`,
    read('tokens'),
    ...Object.entries(LAYERS).flatMap(([layer, names]) => names.map((name) => layered(name, layer))),
  ].join('\n');
