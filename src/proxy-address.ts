/** Variables that name the proxy for requests to servers outside, besides `NO_PROXY`. */
export const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY'] as const;

/** The value of a proxy's variable, in lower or upper case; undefined when it is not set or empty. */
export const proxySetting = (
  environment: Readonly<Record<string, string | undefined>>,
  name: (typeof PROXY_VARIABLES)[number] | 'NO_PROXY',
): string | undefined => environment[name.toLowerCase()] || environment[name] || undefined;

/** Whether a proxy’s address can be used. */
export function isProxyAddress(address: string): boolean {
  return /^https?:\/\//i.test(address) && URL.canParse(address);
}
