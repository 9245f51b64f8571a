import {
  CERTIFICATE_WORDS,
  type CertificateTrouble,
  certificateTroubleOf,
} from '../wording/certificate-trouble.js';
import { errorMessage } from '../wording/error-message.js';

/** Why no connection to Microsoft’s servers came about, where somebody can do something about it. */
export type ConnectionTrouble = CertificateTrouble | 'proxy-login' | 'proxy-refusal' | 'proxy-away';

/** What is known of a request that got no answer. */
export interface NoAnswer {
  /** The system's code, such as `ECONNREFUSED`, or `timeout`; null when there is none. */
  readonly code: string | null;
  readonly trouble: ConnectionTrouble | null;
}

const AUTHORITY = 'set NODE_EXTRA_CA_CERTS to the certificate authority of the proxy or firewall in between';
const certificate = (trouble: CertificateTrouble, advice: string): string =>
  `its certificate ${CERTIFICATE_WORDS[trouble]}; ${advice}`;

/** Each trouble with what to do about it, as the end of a sentence. */
export const CONNECTION_TROUBLE_WORDS: Readonly<Record<ConnectionTrouble, string>> = {
  'proxy-login': 'the proxy asks for a login; write its user and password in HTTPS_PROXY',
  'proxy-refusal': 'the proxy refused to connect; allow Microsoft’s hosts there',
  'proxy-away': 'the proxy can’t be reached; check HTTPS_PROXY and NO_PROXY',
  'not-trusted': certificate('not-trusted', AUTHORITY),
  'for-another-name': certificate('for-another-name', 'look at the name server and the proxy'),
  expired: certificate('expired', 'look at this machine’s clock and the proxy'),
  'not-yet-valid': certificate('not-yet-valid', 'set this machine’s clock (NTP)'),
};

/** A request that the proxy refused, or that didn't reach it. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  constructor(
    readonly trouble: Extract<ConnectionTrouble, `proxy-${string}`>,
    readonly code: string,
  ) {
    super(CONNECTION_TROUBLE_WORDS[trouble]);
  }
}

/**
 * The error of a `fetch` as that of its proxy; undefined when another server failed. `proxies` are the addresses of
 * the proxies that it may have used.
 */
export function proxyErrorOf(error: unknown, proxies: readonly URL[]): ProxyError | undefined {
  for (const cause of causesOf(error)) {
    // The library names the status of a refused tunnel only in its message.
    const status = /^Proxy response \((\d{3})\)/.exec(errorMessage(cause))?.[1];
    if (status) return new ProxyError(status === '407' ? 'proxy-login' : 'proxy-refusal', `status-${status}`);
    const code = codeOf(cause);
    if (code !== null && proxies.some((proxy) => isAt(proxy, cause)))
      return new ProxyError('proxy-away', code);
  }
  return undefined;
}

/** Why a `fetch` got no answer. */
export function noAnswer(error: unknown): NoAnswer {
  const causes = causesOf(error);
  const proxy = causes.find((cause) => cause instanceof ProxyError);
  if (proxy) return { code: proxy.code, trouble: proxy.trouble };
  if (causes.some((cause) => cause instanceof Error && cause.name === 'TimeoutError'))
    return { code: 'timeout', trouble: null };
  return {
    code: causes.map(codeOf).findLast((code) => code !== null) ?? null,
    trouble: causes.map(certificateTroubleOf).find((trouble) => trouble !== undefined) ?? null,
  };
}

/** An error and its causes, among them the single failures of a host with several addresses. */
function causesOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(causesOf) : [];
  return [error, ...inner, ...causesOf(error.cause)];
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Whether an error of a connection names this address. */
function isAt({ hostname, port, protocol }: URL, error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const portNumber = Number(port || (protocol === 'https:' ? 443 : 80));
  if ('hostname' in error) return error.hostname === hostname;
  if ('port' in error) return error.port === portNumber;
  return error.message.includes(`${hostname}:${portNumber}`);
}
