import t from 'tap';
import { ConfigError, readConfig } from '../../src/config.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { allowsDevelopmentSignIn, oidcSettingsOf } from '../../src/program/oidc-settings.js';

const masterKey = parseMasterKey('ab'.repeat(32));
const GOOD = {
  OIDC_ISSUER: 'https://login.example.test/tenant/v2.0',
  OIDC_CLIENT_ID: 'opsledger',
  OPSLEDGER_PUBLIC_URL: 'https://ops.example.test/',
};
const settingsOf = (environment: NodeJS.ProcessEnv) => oidcSettingsOf(readConfig(environment), masterKey);

t.test('a provider', (t) => {
  const settings = settingsOf(GOOD);
  t.match(settings, {
    issuer: GOOD.OIDC_ISSUER,
    clientSecret: undefined,
    scopes: 'openid profile email',
    publicOrigin: 'https://ops.example.test',
  });
  t.same(settings?.flowKey, settingsOf(GOOD)?.flowKey, 'every process signs with the same key');
  t.not(settings?.flowKey.toString('hex'), masterKey.wrappingKey.toString('hex'), 'and with one of its own');
  t.equal(settingsOf({}), undefined, 'none is needed');
  t.ok(settingsOf({ ...GOOD, OIDC_ISSUER: 'http://localhost:9000' }), 'plain HTTP on this machine');
  t.end();
});

t.test('settings that can’t work end the program with their name', (t) => {
  for (const [change, name] of [
    [{ OIDC_ISSUER: undefined }, /OIDC_ISSUER is missing/],
    [{ OIDC_CLIENT_ID: undefined }, /OIDC_CLIENT_ID is missing/],
    [{ OPSLEDGER_PUBLIC_URL: undefined }, /OPSLEDGER_PUBLIC_URL is missing/],
    [{ OIDC_ISSUER: 'http://login.example.test' }, /OIDC_ISSUER is not usable/],
    [{ OIDC_ISSUER: 'http://127.0.0.1.evil.test' }, /OIDC_ISSUER is not usable/],
    [{ OIDC_ISSUER: 'https://' }, /OIDC_ISSUER is not usable/],
    [{ OPSLEDGER_PUBLIC_URL: 'http://ops.example.test' }, /OPSLEDGER_PUBLIC_URL is not usable/],
    [{ OIDC_SCOPES: 'profile email' }, /OIDC_SCOPES is not usable/],
    [{ OIDC_CLIENT_AUTH: 'magic' }, /OIDC_CLIENT_AUTH is not usable/],
    [{ OIDC_CLIENT_SECRT: 'x' }, /did you mean OIDC_CLIENT_SECRET/],
  ] as const) {
    t.throws(() => settingsOf({ ...GOOD, ...change }), ConfigError);
    t.throws(() => settingsOf({ ...GOOD, ...change }), { message: name });
  }
  t.end();
});

t.test('where the development sign-in is allowed', (t) => {
  const allowed = (environment: NodeJS.ProcessEnv) => allowsDevelopmentSignIn(readConfig(environment));
  t.ok(allowed({}));
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1'])
    t.ok(allowed({ OPSLEDGER_HOST: host }), host);
  t.ok(allowed({ OPSLEDGER_PUBLIC_URL: 'http://localhost:8420' }));
  for (const host of ['0.0.0.0', '::', '192.168.1.4', '127.evil.test', 'localhost.evil.test'])
    t.notOk(allowed({ OPSLEDGER_HOST: host }), host);
  t.notOk(allowed({ OPSLEDGER_PUBLIC_URL: 'https://ops.example.test' }), 'not behind a public name');
  t.notOk(allowed(GOOD), 'not with an issuer');
  t.end();
});
