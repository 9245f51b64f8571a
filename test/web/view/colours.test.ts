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

t.test('every text colour has enough contrast on every background, light and dark', async (t) => {
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

/**
 * What people with a colour blindness see, as a matrix over linear red, green and blue: Machado, Oliveira and
 * Fernandes 2009, “A Physiologically-based Model for Simulation of Color Vision Deficiency”, severity 1.
 */
const COLOUR_BLINDNESS = {
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};
/** Least distance of two fills that touch, in OKLab, where 0.02 is just noticeable. */
const FILLS_APART = 0.1;

/** The colour of a fill that is partly transparent over the paper, in linear red, green and blue. */
function fillOf(colour: string, paper: string, opacity = 1): readonly number[] {
  return [1, 3, 5].map((at) => {
    const [over = 0, under = 0] = [colour, paper].map((hex) => Number.parseInt(hex.slice(at, at + 2), 16));
    const channel = (over * opacity + under * (1 - opacity)) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
}

function seenBy(
  matrix: readonly number[],
  [red = 0, green = 0, blue = 0]: readonly number[],
): readonly number[] {
  return [0, 3, 6].map((row) => {
    const [r = 0, g = 0, b = 0] = matrix.slice(row, row + 3);
    return Math.min(1, Math.max(0, r * red + g * green + b * blue));
  });
}

/** The distance of two linear colours in OKLab (https://bottosson.github.io/posts/oklab/). */
function distance(one: readonly number[], other: readonly number[]): number {
  const lab = ([r = 0, g = 0, b = 0]: readonly number[]) => {
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ] as const;
  };
  const [a, b] = [lab(one), lab(other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

t.test('the parts of the outcome bars can be distinguished with colour blindness', async (t) => {
  const opacity = Number(/\.outcome-succeeded \{[^}]*opacity: ([\d.]+)/.exec(css)?.[1]);
  t.match(
    css,
    /\.outcome-failed\) \{\s*fill: url\(#hatch\)/,
    'failed differs by its pattern from everything',
  );
  for (const [index, { paper = '', succeeded = '', partially = '' }] of roots.entries())
    for (const [name, matrix] of Object.entries(COLOUR_BLINDNESS)) {
      const apart = distance(
        seenBy(matrix, fillOf(succeeded, paper, opacity)),
        seenBy(matrix, fillOf(partially, paper)),
      );
      t.ok(apart >= FILLS_APART, `${index === 0 ? 'light' : 'dark'}, ${name}: ${apart.toFixed(2)}`);
    }
});
