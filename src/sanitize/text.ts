import { mark } from './rules.js';

/** Returns the text without secrets; each removal leaves a mark such as `[redacted:jwt]`. Never throws. */
export function sanitizeText(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\P{C}\n\t]/gu, '')
    .replace(/\beyJ[\w-]{10,}(?:\.[\w-]+)*/g, mark('jwt'))
    .replace(/\bBearer\s+[\w.~+/=-]{20,}/gi, `Bearer ${mark('bearer')}`)
    .replace(
      /(\b[\w-]*(?:password|secret|token|pwd|apikey)"?\s*[:=]\s*"?)[^\s"&;,[\]]+/gi,
      `$1${mark('secret')}`,
    )
    .replace(/[\w.+-]+@(?!odata)[\w-]+\.[\w.-]*[a-z]{2}/gi, mark('email'))
    .replace(/(:\/\/[^\s?"']+)\?[^\s"'[]+/g, `$1?${mark('query')}`)
    .slice(0, 16_384);
}
