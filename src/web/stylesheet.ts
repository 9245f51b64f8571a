import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../app-version.js';

/** The files of `views/styles` in the order of the cascade. Between two equal rules the later one wins. */
const STYLES = [
  'tokens',
  'base',
  'frame',
  'strip',
  'states',
  'filters',
  'ledger',
  'runs',
  'controls',
  'run',
  'items',
  'history',
  'compare',
  'failures',
  'drift',
  'audit',
  'health',
  'sections',
  'stand-alone',
  'forms',
  'members',
  'backups',
  'schedules',
  'sign-in',
] as const;

/** The stylesheet of all pages. */
export const stylesheet = (): string =>
  STYLES.map((name) => readFileSync(path.join(packageRoot, 'views/styles', `${name}.css`), 'utf8')).join(
    '\n',
  );
