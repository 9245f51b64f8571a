import type { Page } from 'playwright-core';

/**
 * What the keyboard can't do on a page: elements that take no focus, whose focus can't be seen, or that come in another
 * order than they stand in. Press Tab once before, so that the browser shows where the focus is.
 */
export const keyboardProblems = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const wrong: string[] = [];
    const words = (element: Element) => element.outerHTML.slice(0, 90);
    const outlined = (element: Element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
    };
    const controls = document.querySelectorAll<HTMLElement | SVGAElement>(
      'a[href], button:enabled, input:enabled:not([type=hidden]), select:enabled, textarea:enabled, summary, [tabindex]',
    );
    for (const control of controls) {
      if (!control.checkVisibility({ visibilityProperty: true })) continue;
      if (control.tabIndex > 0) wrong.push(`out of order: ${words(control)}`);
      control.focus();
      if (document.activeElement !== control) wrong.push(`takes no focus: ${words(control)}`);
      const showing = [control, control.closest('.row'), control.querySelector('.bar-hit')];
      const isBar = control.closest('svg') !== null;
      if (control.id !== 'main' && !isBar && !showing.some((element) => element && outlined(element)))
        wrong.push(`its focus can't be seen: ${words(control)}`);
    }
    return [...new Set(wrong)].slice(0, 5);
  });

/**
 * What is wrong with a page on paper: controls that are printed, a heading that is missing, or a sheet that is too
 * narrow.
 */
export async function printProblems(page: Page): Promise<readonly string[]> {
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 720, height: 1000 });
  const wrong = await page.evaluate(() => {
    const isPrinted = (element: Element) => element.checkVisibility({ visibilityProperty: true });
    const controls = document.querySelectorAll(
      '.rail, .tabs, .subtabs, .pager, dialog, button, .button, label, input, select, textarea',
    );
    const printed = [...controls]
      .filter(isPrinted)
      .map(({ outerHTML }) => `is printed: ${outerHTML.slice(0, 90)}`);
    const heading = document.querySelector('h1');
    if (!heading || !isPrinted(heading)) printed.push('has no heading');
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) printed.push(`is ${scrollWidth - clientWidth} px wider than the sheet`);
    return printed.slice(0, 5);
  });
  await page.emulateMedia({ media: 'screen' });
  return wrong;
}

/** The menus of a page that are cut off at a side of the window when they are open. */
export const cutOffMenus = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const { clientWidth } = document.documentElement;
    const menus = [...document.querySelectorAll<HTMLDetailsElement>('details.menu:not([open])')];
    return menus
      .filter((menu) => menu.checkVisibility())
      .flatMap((menu) => {
        menu.open = true;
        const { left, right } = menu.querySelector('.menu-list')?.getBoundingClientRect() ?? {
          left: 0,
          right: 0,
        };
        menu.open = false;
        return left < 0 || right > clientWidth ? [`${menu.className} from ${left} to ${right}`] : [];
      });
  });

/**
 * Texts of a page that lie over another one, as far as they are not cut off. Bars that float over a page are left out.
 */
export const overlappingTexts = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    type Box = Record<'left' | 'right' | 'top' | 'bottom', number>;
    const within = (one: Box, other: Box): Box => ({
      left: Math.max(one.left, other.left),
      right: Math.min(one.right, other.right),
      top: Math.max(one.top, other.top),
      bottom: Math.min(one.bottom, other.bottom),
    });
    const everywhere: Box = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };
    const seen = new Map<Element, Box>();
    /** The place in which an element and those around it don't cut off what they hold. */
    const seenIn = (element: Element | null): Box => {
      if (!element) return everywhere;
      const known = seen.get(element);
      if (known) return known;
      const around = seenIn(element.parentElement);
      const cuts = getComputedStyle(element).overflowX !== 'visible';
      const place = cuts ? within(around, element.getBoundingClientRect()) : around;
      seen.set(element, place);
      return place;
    };
    const texts = document.createTreeWalker(document.querySelector('main') ?? document, NodeFilter.SHOW_TEXT);
    const boxes: { readonly words: string; readonly node: Node; readonly box: Box }[] = [];
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const element = node.parentElement;
      const words = node.textContent?.trim().slice(0, 40) ?? '';
      if (words === '' || !element?.checkVisibility({ visibilityProperty: true })) continue;
      if (element.closest('.visually-hidden, option, svg, .worklist-bar, .strip')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const line of range.getClientRects())
        boxes.push({ words, node, box: within(line, seenIn(element)) });
    }
    boxes.sort((one, other) => one.box.top - other.box.top);
    const wrong = new Set<string>();
    for (const [index, one] of boxes.entries())
      for (let next = index + 1; next < boxes.length; next++) {
        const other = boxes[next];
        // Those after it begin further below.
        if (!other || other.box.top > one.box.bottom) break;
        const { left, right, top, bottom } = within(one.box, other.box);
        if (one.node !== other.node && right - left > 1 && bottom - top > 5)
          wrong.add(`${one.words} / ${other.words}`);
      }
    return [...wrong].slice(0, 5);
  });

/** More controls than a page has. A walk that is longer has been caught somewhere. */
const TABS_MAX = 400;

/**
 * What is wrong with a page for somebody who goes through it with the Tab key: focus on something that isn't seen, is
 * below a bar or outside of the window, steps that go up the page, or a place that can't be left.
 */
export async function tabProblems(page: Page): Promise<readonly string[]> {
  const wrong: string[] = [];
  await page.evaluate(() => Object.assign(globalThis, { walked: new Set() }));
  for (let tab = 0; tab < TABS_MAX; tab++) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() => {
      const walked: Set<Element> = Reflect.get(globalThis, 'walked');
      const control = document.activeElement;
      if (!control || control === document.body) return 'the end';
      // The parts of a date are places of their own.
      if (walked.has(control)) return control.matches('[type^=date]') ? null : 'the end';
      const last = [...walked].at(-1);
      walked.add(control);
      const words = control.outerHTML.slice(0, 90);
      if (!control.checkVisibility({ visibilityProperty: true })) return `can't be seen: ${words}`;
      const { left, right, top, bottom } = control.getBoundingClientRect();
      if (right < 1 || left > innerWidth || bottom < 1 || top > innerHeight) return `is outside: ${words}`;
      const [x, y] = [(left + right) / 2, Math.min((top + bottom) / 2, innerHeight - 1)];
      const bar = document
        .elementFromPoint(Math.min(x, innerWidth - 1), y)
        ?.closest('.worklist-bar, .strip, .rail-groups');
      if (bar && !bar.contains(control)) return `is below a bar: ${words}`;
      const isFloating = (element: Element) => element.closest('.worklist-bar, .strip, .rail, .as-of, .skip');
      if (!last?.isConnected || isFloating(last) || isFloating(control)) return null;
      const before = last.getBoundingClientRect();
      return bottom <= before.top - 8 && left <= before.left ? `goes up: ${words}` : null;
    });
    if (found === 'the end') return wrong;
    if (found !== null) wrong.push(found);
  }
  return [...wrong, 'the walk has no end'];
}
