import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import Provider, { type Configuration } from 'oidc-provider';

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

export interface TestProviderOptions {
  readonly redirectOrigin: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** The issuer that the provider names, when it isn't its address. */
  readonly issuer?: string;
  readonly configuration?: Partial<Configuration>;
  /** Changes the claims of every ID token, which is then signed again with the provider's key. */
  distort?(claims: Claims): Claims;
  /** Signs every ID token with another key than the provider's, under the provider's key id. */
  readonly forgesSignatures?: boolean;
}

export type Claims = Readonly<Record<string, unknown>>;

/** A real OpenID provider on loopback. Anybody can log in with only the name of an account. */
export interface TestProvider {
  readonly issuer: URL;
  /**
   * Goes through the provider's pages as an account. Returns the address that the provider redirects the browser to.
   */
  visit(url: string, account: string): Promise<URL>;
  /** Stops answering: connections are refused until the provider is started again at the same address. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends an account: nobody can log in with it, and its refresh tokens are refused. */
  endAccount(account: string): void;
  /** Signs ID tokens with a new key from now on, and publishes only that one. */
  rollKey(): void;
  /** Moves the token endpoint to another address, which only the provider's metadata names. */
  moveTokenEndpoint(): void;
}

const REDIRECTS_MAX = 12;
const DESCRIPTION = '/.well-known/openid-configuration';
const TOKENS = '/token';
const KEYS = '/jwks';
const MOVED_TOKENS = '/moved/token';
const ROLLED = 'rolled';

export async function testProvider(t: Teardown, options: TestProviderOptions): Promise<TestProvider> {
  const { clientId = 'opsledger-test', clientSecret, configuration, redirectOrigin } = options;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  const server = createServer((request, response) => void handle(request, response));
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  const stop = () =>
    new Promise<void>((resolve) => {
      if (!server.listening) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  t.teardown(stop);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the provider has no port');
  // The host name differs from the hub's, so that browsers treat the two as different sites.
  const issuer = new URL(`http://localhost:${address.port}`);
  const ended = new Set<string>();
  const provider = new Provider(options.issuer ?? issuer.origin, {
    clients: [
      {
        client_id: clientId,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [`${redirectOrigin}/signin/oidc/callback`],
        post_logout_redirect_uris: [`${redirectOrigin}/signin`],
        ...(clientSecret === undefined
          ? { token_endpoint_auth_method: 'none' as const }
          : { client_secret: clientSecret }),
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'test' }] },
    scopes: ['openid', 'offline_access'],
    cookies: { keys: ['a-cookie-key-of-the-tests'] },
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    findAccount: (_context, accountId) =>
      ended.has(accountId)
        ? undefined
        : {
            accountId,
            claims: () => ({
              sub: accountId,
              name: `${accountId} of the provider`,
              email: `${accountId}@example.test`,
              email_verified: true,
            }),
          },
    // This provider gives no offline access without asking people, unlike Entra, so everybody gets a refresh token.
    issueRefreshToken: async () => true,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    // All requested scopes are granted, so that there is only one page.
    loadExistingGrant: async (context) => {
      const { client, session } = context.oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new context.oidc.provider.Grant({
        clientId: client.clientId,
        accountId: session.accountId,
      });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
    ...configuration,
  });
  const { distort = (claims: Claims) => claims, forgesSignatures = false } = options;
  const signingKey = forgesSignatures
    ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    : privateKey;
  let rolled: KeyObject | undefined;
  provider.use(async (context, next) => {
    await next();
    const token: unknown = context.body?.id_token;
    if (typeof token === 'string' && (options.distort || forgesSignatures || rolled))
      context.body.id_token = signedAnew(token, distort, rolled ?? signingKey, rolled && ROLLED);
    if (rolled && context.path === KEYS)
      context.body = {
        keys: [
          { ...createPublicKey(rolled).export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: ROLLED },
        ],
      };
  });
  let hasMoved = false;
  provider.use(async (context, next) => {
    await next();
    if (hasMoved && context.path === DESCRIPTION) context.body.token_endpoint = issuer.origin + MOVED_TOKENS;
  });
  const answer = provider.callback();
  handle = (request, response) => {
    if (request.url?.startsWith('/interaction/')) return interact(provider, request, response);
    if (hasMoved && request.url === TOKENS) return response.writeHead(404).end();
    if (hasMoved && request.url === MOVED_TOKENS) request.url = TOKENS;
    return answer(request, response);
  };

  return {
    issuer,
    visit: (url, account) => visit(url, account, redirectOrigin),
    stop,
    start: () => listen(address.port),
    endAccount: (account) => ended.add(account),
    rollKey() {
      rolled = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    },
    moveTokenEndpoint() {
      hasMoved = true;
    },
  };
}

/** The token with other claims and another signature; under another key id if one is given. */
function signedAnew(
  token: string,
  distort: (claims: Claims) => Claims,
  key: KeyObject,
  kid?: string,
): string {
  const [before = '', payload = ''] = token.split('.');
  const header = kid
    ? Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid })).toString('base64url')
    : before;
  const claims = distort(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

/** The provider's only page: a form that accepts any account. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  if (request.method === 'POST') {
    const form = new URLSearchParams(await text(request));
    const accountId = form.get('account');
    await provider.interactionFinished(
      request,
      response,
      accountId ? { login: { accountId } } : { error: 'access_denied' },
    );
    return;
  }
  response.setHeader('content-type', 'text/html');
  response.end(
    '<!doctype html><title>Provider</title><form method="post"><label>Account <input name="account"></label><button>Log in</button></form>',
  );
}

/** Acts as the browser: follows redirects and keeps cookies until it leaves the provider. */
async function visit(from: string, account: string, leavesTo: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(from);
  let form: URLSearchParams | undefined;
  for (let step = 0; step < REDIRECTS_MAX; step++) {
    if (url.origin === leavesTo) return url;
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: form } : {}),
    });
    form = undefined;
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location !== null) url = new URL(location, url);
    else if (url.pathname.startsWith('/interaction/')) form = new URLSearchParams({ account });
    else throw new Error(`the provider answered ${response.status}: ${await response.text()}`);
  }
  throw new Error('the provider redirects for ever');
}
