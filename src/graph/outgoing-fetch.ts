import { EnvHttpProxyAgent } from 'undici';

/** Requests to simulators on this machine don't use the proxy. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A `fetch` that uses the proxy in `HTTPS_PROXY` or `HTTP_PROXY` (upper or lower case), except for the hosts in
 * `NO_PROXY` and for this machine itself. Without these variables it is the global one.
 */
export function createOutgoingFetch(environment: Readonly<Record<string, string | undefined>>): typeof fetch {
  const setting = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const httpProxy = setting('HTTP_PROXY');
  const httpsProxy = setting('HTTPS_PROXY') ?? httpProxy;
  if (httpProxy === undefined && httpsProxy === undefined) return fetch;
  const noProxy = [setting('NO_PROXY') ?? [], LOOPBACK].flat().join(',');
  const dispatcher = new EnvHttpProxyAgent({
    noProxy,
    ...(httpProxy !== undefined && { httpProxy }),
    ...(httpsProxy !== undefined && { httpsProxy }),
  });
  return (input, init) => {
    const throughProxy = { ...init, dispatcher };
    return fetch(input, throughProxy);
  };
}
