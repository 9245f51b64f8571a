import t from 'tap';
import { stylesheet } from '../../../src/web/stylesheet.js';

/** Least contrast of WCAG 2.2 AA: 4.5 for text, 3 for the edges of controls. */
const TEXT = 4.5;
const EDGE = 3;
const INKS = ['ink', 'muted', 'accent', 'queued', 'running', 'succeeded', 'partially', 'failed'];
const GROUNDS = ['paper', 'surface', 'hover'];

const css = stylesheet();

/** The colours that a block of the stylesheet sets. */
function tokensOf(block: string): Record<string, string> {
  return Object.fromEntries(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  );
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const roots = [...css.matchAll(/:root \{([^}]+)\}/g)].map(([, block = '']) => tokensOf(block));

t.test('every ink can be read on every ground, light and dark', async (t) => {
  t.equal(roots.length, 2, 'a light and a dark set');
  for (const [index, tokens] of roots.entries()) {
    const look = index === 0 ? 'light' : 'dark';
    for (const ground of GROUNDS) {
      for (const ink of INKS) {
        const ratio = contrast(tokens[ink] ?? '', tokens[ground] ?? '');
        t.ok(ratio >= TEXT, `${look}: ${ink} on ${ground} is ${ratio.toFixed(1)}`);
      }
      const edge = contrast(tokens['line-strong'] ?? '', tokens[ground] ?? '');
      t.ok(edge >= EDGE, `${look}: an edge on ${ground} is ${edge.toFixed(1)}`);
    }
    const button = contrast(tokens['on-accent'] ?? '', tokens.accent ?? '');
    t.ok(button >= TEXT, `${look}: a button’s words are ${button.toFixed(1)}`);
  }
});
