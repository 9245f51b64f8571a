import { EnvHttpProxyAgent } from 'undici';

/** Simulators on this machine are reached directly. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * `fetch` as the environment wants it to leave: through `HTTPS_PROXY` or `HTTP_PROXY` (in either case), except for
 * what `NO_PROXY` names and this machine itself. Without these variables it is the plain one.
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
