/** A path of this site to go to, or the fallback for anything that leads elsewhere. */
export function safeRedirect(target: unknown, fallback = '/'): string {
  if (typeof target !== 'string' || target.length > 2000) return fallback;
  // Browsers read a backslash as a slash and drop tabs and newlines, so `/\host` and `/<tab>/host` lead away.
  if (!target.startsWith('/') || target.startsWith('//') || /[\\\s\p{Cc}]/u.test(target)) return fallback;
  const base = 'http://same.site.invalid';
  try {
    const url = new URL(target, base);
    return url.origin === base ? url.pathname + url.search : fallback;
  } catch {
    return fallback;
  }
}
