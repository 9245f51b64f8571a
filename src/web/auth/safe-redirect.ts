/** The target when it is a path of this site, otherwise the fallback. */
export function safeRedirect(target: unknown, fallback = '/'): string {
  if (typeof target !== 'string' || target.length > 2000) return fallback;
  // Browsers read a backslash as a slash and drop tabs and newlines, so `/\host` and `/<tab>/host` lead to other sites.
  if (!target.startsWith('/') || target.startsWith('//') || /[\\\s\p{Cc}]/u.test(target)) return fallback;
  const base = 'http://same.site.invalid';
  try {
    const url = new URL(target, base);
    return url.origin === base ? url.pathname + url.search : fallback;
  } catch {
    return fallback;
  }
}
