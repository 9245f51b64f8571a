const ELEMENTS =
  'abbr|acronym|address|applet|area|article|aside|audio|b|base|bdo|big|blockquote|body|br|button|canvas|' +
  'caption|center|cite|code|col|colgroup|dd|del|details|dfn|dialog|div|dl|dt|em|embed|fieldset|figcaption|' +
  'figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|legend|' +
  'li|link|main|map|mark|marquee|math|menu|meta|nav|noscript|object|ol|optgroup|option|p|picture|pre|' +
  'progress|q|s|samp|script|section|select|small|span|strike|strong|style|sub|summary|sup|svg|table|tbody|' +
  'td|template|textarea|tfoot|th|thead|title|tr|tt|u|ul|video|wbr|a';

const HIDDEN_CONTENT = /<(script|style|template)(?![\w-])[^<>]*>[\s\S]*?(?:<\/\1\s*>|$)/gi;
const COMMENT = /<!--[\s\S]*?(?:-->|$)/g;
const DECLARATION = /<!doctype[^<>]*>|<\?xml[^<>]*\?>|<!\[CDATA\[|\]\]>/gi;
const CELL_BORDER = /<\/(?:th|td|dt)\s*>\s*<(?:td|dd)(?![\w-])[^<>]*>/gi;
const BLOCK =
  /<\/?(?:br|p|div|tr|td|th|li|h[1-6]|title|head|body|html|table|ul|ol|hr|dt|dd|pre)(?![\w-])[^<>]*>/gi;

/** A tag of a known element, either bare or with text that looks like an attribute. */
const TAG = new RegExp(
  `</?(?:${ELEMENTS})(?:\\s*/?|[\\s/][^<>"'=]*=(?:[^<>"']|"[^"<]*"|'[^'<]*')*|[\\s/][^<>=]*=[^<>]*)>`,
  'gi',
);

/** Any element with an event handler or an address. */
const TAG_WITH_ATTRIBUTES = /<[a-z][\w:-]*[\s/][^<>]*>/gi;
const LIVE_ATTRIBUTE = /\b(?:on[a-z]+|href|src)\s*=/i;

/** A known element that is cut off by the text's end or by another tag; its attributes may contain a secret. */
const CUT_OFF_TAG = new RegExp(`<(?:${ELEMENTS})[\\s/][^<>=]*=[^<>]*(?=<|$)`, 'gi');

const ROUNDS_MAX = 4;

/**
 * Returns the text without HTML: tags, comments and the content of scripts and styles are removed, words are kept.
 * Neighbouring table cells are joined by a colon, so that a label and its value stay together. Angle brackets that
 * are not HTML (`<anonymous>`, `Map<string, number>`, XML) are kept for other rules.
 */
export function stripHtml(text: string): string {
  if (!text.includes('<')) return text;
  let result = text;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const before = result;
    result = before
      .replace(COMMENT, '')
      .replace(HIDDEN_CONTENT, '')
      .replace(DECLARATION, '')
      .replace(CELL_BORDER, ': ')
      .replace(BLOCK, ' ')
      .replace(TAG, (tag) => (/^<\/?[A-Z][a-z]/.test(tag) ? tag : ''))
      .replace(TAG_WITH_ATTRIBUTES, (tag) => (LIVE_ATTRIBUTE.test(tag) ? '' : tag))
      .replace(CUT_OFF_TAG, '');
    if (result === before) return result;
    result = result.replace(/[ \t]{2,}/g, ' ').trim();
  }
  return result;
}
