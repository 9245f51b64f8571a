import type { Config } from '../config.js';
import { type BasePath, basePathOf } from '../web/base-path.js';

/** What the public address says of the site. */
export interface PublicSite {
  /** Absent where no public address is configured. */
  readonly publicOrigin?: string;
  readonly basePath: BasePath;
  /** Whether people reach the site by https. */
  readonly tls: boolean;
}

/** The site of `OPSLEDGER_PUBLIC_URL`; without it, one at the root of its host and without TLS. */
export function publicSiteOf(config: Pick<Config, 'OPSLEDGER_PUBLIC_URL'>): PublicSite {
  const { OPSLEDGER_PUBLIC_URL: publicUrl } = config;
  if (!publicUrl) return { basePath: '', tls: false };
  const { origin, protocol } = new URL(publicUrl);
  return { publicOrigin: origin, basePath: basePathOf(publicUrl), tls: protocol === 'https:' };
}
