import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Eta } from 'eta';
import { packageRoot } from '../../app-version.js';
import { escapeHtml } from '../../wording/escape-html.js';
import { type BasePath, htmlWithBasePath } from '../base-path.js';
import { queryOf } from '../query-of.js';
import * as field from './form-fields.js';
import * as format from './format.js';
import { withRedactions } from './redactions.js';
import { initiatorInWords, whoIs, whoMadeSet } from './who.js';

/** The product's own templates. */
export const VIEWS = path.join(packageRoot, 'views');

/** Turns a template of `views/` and its data into HTML. Every output is escaped unless it is a partial. */
export interface Renderer {
  render(template: string, data: object): string;
}

/** The functions that templates may call as `format.…`: they turn a value into text and decide nothing. */
const FORMAT = { ...format, queryOf, withRedactions, initiatorInWords, whoIs, whoMadeSet, json: prettyJson };

/** The functions that templates may call as `field.…`, for the fields of forms. */
const FIELD = { ...field };

/** Templates get plain data as `it`. The functions are the engine's, the same for all templates. */
class Templates extends Eta {
  readonly format = FORMAT;
  readonly field = FIELD;
}

/**
 * Templates find the page's data in `it`, besides the addresses of assets by file name as `it.assets` and the hub's
 * base path for scripts as `it.basePath`.
 */
export function createRenderer(options: {
  cache: boolean;
  views?: readonly string[];
  assets: Readonly<Record<string, string>>;
  /** The base path before the addresses in the rendered HTML. */
  basePath?: BasePath;
}): Renderer {
  const { cache, views = [VIEWS], assets, basePath = '' } = options;
  const templates = new Templates({
    cache,
    autoEscape: true,
    escapeFunction: escapeHtml,
    autoTrim: [false, 'nl'],
    functionHeader: 'const { format, field } = this;',
  });
  const files = new Map<string, string>();
  templates.resolvePath = (template) => {
    const file = files.get(template) ?? templateIn(views, template);
    if (cache) files.set(template, file);
    return file;
  };
  // A partial may be inside a sentence, where the newline at the end of its file would become a space.
  templates.readFile = (file) => readFileSync(file, 'utf8').trimEnd();
  return {
    render: (template, data) =>
      htmlWithBasePath(basePath, templates.render(template, { assets, basePath, ...data })),
  };
}

/** The file of a template in the first folder that has it. Throws an Error when no folder has it. */
function templateIn(folders: readonly string[], template: string): string {
  const files = folders.map((folder) => path.join(folder, `${template}.eta`));
  const file = files.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`no folder of templates has ${template}`);
  return file;
}

/** Indented JSON. Numbers stay as the database returned them. */
function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
