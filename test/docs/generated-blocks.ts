/** A page written by hand with tables between markers that are made from the code. */

const BLOCK = /(<!-- from the code: ([a-z-]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/**
 * Fills every marked block of a page with the text of that name. Errors: a name that no text has, and a text
 * that the page has no block for.
 */
export function fillBlocks(page: string, texts: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(texts));
  const filled = page.replace(BLOCK, (_all, begin: string, name: string, end: string) => {
    const text = texts[name];
    if (text === undefined) throw new Error(`nothing in the code is called ${name}`);
    missing.delete(name);
    return `${begin}\n${text}\n\n${end}`;
  });
  if (missing.size > 0) throw new Error(`the page has no block for ${[...missing].join(', ')}`);
  return filled;
}

/** A Markdown table; bars inside cells are escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;
