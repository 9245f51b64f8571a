import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Eta } from 'eta';
import { packageRoot } from '../../app-version.js';
import { BUCKET_LABELS, type StatusBucket } from '../../runs/status-bucket.js';
import { type BasePath, htmlWithBasePath } from '../base-path.js';
import { queryOf } from '../hub/run-filters.js';
import { cutMiddle } from './cut-middle.js';
import * as format from './format.js';
import { BAR_WIDTH, barSegments, barText } from './progress-bar.js';
import { withRedactions } from './redactions.js';
import { isSilent } from './silence.js';
import { SPARKLINE_HEIGHT, SPARKLINE_HOURS, SPARKLINE_STEP } from './sparkline.js';
import { TIMELINE_WIDTH } from './timeline.js';
import { initiatorInWords, whoIs, whoMadeSet } from './who.js';

/** The product's own templates. */
export const VIEWS = path.join(packageRoot, 'views');

/** Turns a template of `views/` and its data into HTML. Every output is escaped unless it is a partial. */
export interface Renderer {
  render(template: string, data: object): string;
}

const HELPERS = {
  ...format,
  barSegments,
  barText,
  cutMiddle,
  isSilent,
  queryOf,
  withRedactions,
  bucketLabel: (bucket: StatusBucket) => BUCKET_LABELS[bucket],
  initiatorInWords,
  whoIs,
  whoMadeSet,
  BAR_WIDTH,
  SPARKLINE_HEIGHT,
  SPARKLINE_HOURS,
  SPARKLINE_STEP,
  TIMELINE_WIDTH,
  json: prettyJson,
};
export type ViewHelpers = typeof HELPERS;

/**
 * Templates find the helpers as `it.h`, the addresses of assets by file name as `it.assets`, and the hub's base path
 * for scripts as `it.basePath`.
 */
export function createRenderer(options: {
  cache: boolean;
  views?: readonly string[];
  assets: Readonly<Record<string, string>>;
  /** The base path before the addresses in the rendered HTML. */
  basePath?: BasePath;
}): Renderer {
  const { cache, views = [VIEWS], assets, basePath = '' } = options;
  const eta = new Eta({
    cache,
    autoEscape: true,
    escapeFunction: escapeHtml,
    autoTrim: [false, 'nl'],
  });
  eta.resolvePath = (template) => templateIn(views, template);
  // A partial may be inside a sentence, where the newline at the end of its file would become a space.
  eta.readFile = (file) => readFileSync(file, 'utf8').trimEnd();
  return {
    render: (template, data) =>
      htmlWithBasePath(basePath, eta.render(template, { h: HELPERS, assets, basePath, ...data })),
  };
}

/** The file of a template in the first folder that has it. Throws an Error when no folder has it. */
function templateIn(folders: readonly string[], template: string): string {
  const files = folders.map((folder) => path.join(folder, `${template}.eta`));
  const file = files.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`no folder of templates has ${template}`);
  return file;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Escapes a value for text and for quoted attributes. Null and undefined become an empty text. */
export function escapeHtml(value: unknown): string {
  if (value === null || value === undefined) return '';
  return String(value).replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? character);
}

/** Indented JSON. Numbers stay as the database returned them. */
function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
