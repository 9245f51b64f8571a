import { isBenignValue } from './benign.js';
import { matchesOf } from './matches-of.js';
import { secretNameRule } from './secret-names.js';
import { readSecretValue } from './secret-value.js';
import type { Span } from './span.js';

const BLOCK_REACH = 4096;

/** A block of Terraform or HCL that is named after what it holds: `variable "admin_password" { default = "…" }`. */
const NAMED_BLOCK = /\b(?:variable|parameter|output|secret|env)\s{1,8}["']([^"'\n]{1,80})["']\s{0,8}\{/g;
const BLOCK_VALUE = /(?<![\w-])(?:default|value|plaintext)\s{0,20}=\s{0,8}/g;

/** The values of a Kubernetes secret, whose names needn't sound secret. */
const SECRET_MANIFEST = /(?<![\w-])["']?kind["']?\s{0,4}:\s{0,4}["']?Secret\b/;
const MANIFEST_DATA = /(?<![\w-])["']?(?:stringData|data)["']?[ \t]{0,4}:[ \t]{0,4}(?:\{|\n)/g;
const DATA_END = /\}|\n(?=\S|[ \t]*(?:\n|$))/;
const DATA_ENTRY = /(?:^|[\n,{])[ \t]{0,40}["']?[\w.-]{1,120}["']?[ \t]{0,4}:[ \t]{0,4}/g;

/** Finds secrets in blocks that are secret as a whole or named after the secret that they hold. */
export function findInBlocks(text: string, add: (span: Span) => void): void {
  if (!text.includes(':') && !text.includes('{')) return;
  for (const block of matchesOf(text, NAMED_BLOCK)) {
    const rule = secretNameRule(block[1] as string);
    if (!rule) continue;
    const start = block.index + block[0].length;
    const inner = text.slice(start, start + BLOCK_REACH);
    const end = inner.indexOf('}');
    for (const field of matchesOf(end < 0 ? inner : inner.slice(0, end), BLOCK_VALUE)) {
      const at = start + field.index + field[0].length;
      const value = readSecretValue(text, at, { rule, form: 'assignment', nameStart: at });
      if (value) add({ ...value, rule });
    }
  }
  if (SECRET_MANIFEST.test(text)) findInManifest(text, add);
}

function findInManifest(text: string, add: (span: Span) => void): void {
  for (const data of matchesOf(text, MANIFEST_DATA)) {
    const start = data.index + data[0].length;
    const inner = text.slice(start, start + BLOCK_REACH);
    const end = inner.search(DATA_END);
    for (const entry of matchesOf(end < 0 ? inner : inner.slice(0, end), DATA_ENTRY)) {
      const at = start + entry.index + entry[0].length;
      const value = /^(?:"[^"\n]*"|'[^'\n]*'|[^\n,}]*)/.exec(text.slice(at, at + BLOCK_REACH))?.[0].trim();
      if (value && !isBenignValue(value)) add({ start: at, end: at + value.length, rule: 'secret' });
    }
  }
}
