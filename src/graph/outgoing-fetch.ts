import { EnvHttpProxyAgent } from 'undici';
import { proxySetting } from '../proxy-address.js';
import { proxyErrorOf } from './connection-trouble.js';

/** Requests to simulators on this machine don't use the proxy. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A `fetch` that uses the proxy in `HTTPS_PROXY` or `HTTP_PROXY` (upper or lower case), except for the hosts in
 * `NO_PROXY` and for this machine itself. Without these variables it is the global one. The addresses must be usable,
 * as `readConfig` makes sure. Errors of the returned function: ProxyError, and those of the global `fetch`.
 */
export function createOutgoingFetch(environment: Readonly<Record<string, string | undefined>>): typeof fetch {
  const http = proxySetting(environment, 'HTTP_PROXY');
  const https = proxySetting(environment, 'HTTPS_PROXY') ?? http;
  const proxies = [http, https].flatMap((address) => (address ? new URL(address) : []));
  if (proxies.length === 0) return fetch;
  const noProxy = [proxySetting(environment, 'NO_PROXY') ?? [], LOOPBACK].flat().join(',');
  const dispatcher = new EnvHttpProxyAgent({
    noProxy,
    ...(http && { httpProxy: http }),
    ...(https && { httpsProxy: https }),
  });
  return async (input, init) => {
    const throughProxy = { ...init, dispatcher };
    try {
      return await fetch(input, throughProxy);
    } catch (error) {
      throw proxyErrorOf(error, proxies) ?? error;
    }
  };
}
