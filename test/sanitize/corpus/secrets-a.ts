import { buildCases } from './case.js';

const join = (...parts: string[]) => parts.join('');

/** The half of the secrets that the rules were developed with. */
export const secretsA = buildCases('a', {
  'jwt-graph-401': (m) => {
    const s = m.jwt();
    return [
      `Graph answered 401 InvalidAuthenticationToken for Authorization: Bearer ${s}`,
      s,
      '401',
      'InvalidAuthenticationToken',
    ];
  },
  'jwt-alone': (m) => {
    const s = m.jwt();
    return [`IDX10223: Lifetime validation failed: ${s}`, s, 'IDX10223'];
  },
  'jwt-truncated': (m) => {
    const s = m.jwt().slice(0, 60);
    return [`token was ${s}...`, s];
  },
  'jwt-wrapped': (m) => {
    const s = m.jwt();
    return [`received\n${s.match(/.{1,76}/g)?.join('\n')}\nend`, s.slice(80, 120)];
  },
  'jwt-json': (m) => {
    const s = m.jwt();
    return [JSON.stringify({ error: { code: 'Forbidden' }, access_token: s }), s, 'Forbidden'];
  },
  'bearer-opaque': (m) => {
    const s = m.url64(40);
    return [`request failed (Bearer ${s}), status 403`, s, '403'];
  },
  'bearer-short': (m) => {
    const s = `${m.b62(9)}1`;
    return [`curl -H "Authorization: Bearer ${s}" https://api.example.com/v1/runs`, s, '/v1/runs'];
  },
  'basic-header': (m) => {
    const s = Buffer.from(`ops:${m.password()}`).toString('base64');
    return [`> Authorization: Basic ${s}\n< HTTP/1.1 401 Unauthorized`, s, '401 Unauthorized'];
  },
  'basic-nested': (m) => {
    const s = Buffer.from(`ops:${m.password()}`).toString('base64');
    return [`{"headers":{"authorization":"Basic ${s}"},"status":407}`, s, '407'];
  },
  'auth-digest': (m) => {
    const s = m.hex(32);
    return [`Authorization: Digest username="ops", response="${s}"`, s];
  },
  'auth-apikey': (m) => {
    const s = m.b62(24);
    return [`authorization: ApiKey ${s}`, s];
  },
  'proxy-auth': (m) => {
    const s = m.b64(28);
    return [`Proxy-Authorization: Negotiate ${s}\nVia: 1.1 proxy`, s, 'Via: 1.1 proxy'];
  },
  'entra-secret-msal': (m) => {
    const s = m.entraSecret();
    return [
      `ClientAuthError: AADSTS7000215: Invalid client secret provided: ${s}. Trace ID: ${m.guid()}`,
      s,
      'AADSTS7000215',
    ];
  },
  'entra-secret-json': (m) => {
    const s = m.entraSecret();
    return [`{"clientId":"${m.guid()}","clientSecret":"${s}"}`, s];
  },
  'entra-secret-form': (m) => {
    const s = m.entraSecret();
    return [
      `POST body: grant_type=client_credentials&client_id=${m.guid()}&client_secret=${encodeURIComponent(s)}&scope=x`,
      [s, s.slice(8)],
      'client_credentials',
    ];
  },
  'entra-secret-bare': (m) => {
    const s = m.entraSecret();
    return [`cannot use ${s} for tenant contoso`, s, 'contoso'];
  },
  'entra-refresh': (m) => {
    const s = `0.A${m.b62(3)}4${m.url64(80)}`;
    return [`invalid_grant: refresh token ${s} expired`, s, 'invalid_grant'];
  },
  'entra-refresh-1': (m) => {
    const s = `1.A${m.b62(3)}4${m.url64(60)}.${m.url64(40)}`;
    return [`{"refresh_token":"${s}"}`, s];
  },
  'msa-refresh': (m) => {
    const s = `M.R3_BAY.${m.url64(40)}`;
    return [`MSAL cache hit: ${s}`, s];
  },
  'msa-code': (m) => {
    const s = `M.C5${m.digits(2)}_BL2.2.U.${m.guid()}`;
    return [`redirect with code ${s}`, s];
  },
  'auth-code-query': (m) => {
    const s = m.url64(40);
    return [`GET http://localhost:3000/callback?code=${s}&state=${m.b62(10)} 400`, s, '/callback', '400'];
  },
  'auth-code-form': (m) => {
    const s = m.b62(14);
    return [`grant_type=authorization_code&redirect_uri=x&code=${s}`, s];
  },
  'device-code-text': (m) => {
    const s = m.pick('ABCDEFGHJKLMNP23456789', 9);
    return [
      `To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code ${s} to authenticate.`,
      s,
      'https://microsoft.com/devicelogin',
    ];
  },
  'device-code-json': (m) => {
    const s = m.url64(60);
    const u = m.pick('ABCDEFGHJK', 9);
    return [`{"user_code":"${u}","device_code":"${s}","expires_in":900}`, [s, u], '900'];
  },
  'client-assertion': (m) => {
    const s = m.jwt();
    return [`client_assertion_type=urn%3Aietf&client_assertion=${s}`, s];
  },
  saml: (m) => {
    const s = m.b64(300);
    return [`SAMLResponse=${s}`, s];
  },
  'code-verifier': (m) => {
    const s = m.url64(43);
    return [`code_verifier=${s}&grant_type=authorization_code`, s];
  },
  'aws-id': (m) => {
    const s = join('AKI', 'A', m.pick('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16));
    return [`AccessDenied for ${s} on s3://backups`, s, 'AccessDenied'];
  },
  'aws-secret': (m) => {
    const s = m.b64(40);
    return [`aws_secret_access_key = ${s}`, s];
  },
  'aws-session': (m) => {
    const s = join('IQoJb3JpZ2lu', 'X2Vj', m.b64(120));
    return [`AWS_SESSION_TOKEN=${s}`, s];
  },
  'gcp-key': (m) => {
    const s = join('AIz', 'a', m.url64(35));
    return [`https://maps.googleapis.com/maps/api?key=${s}`, s];
  },
  'gcp-oauth': (m) => {
    const s = join('ya2', '9.', m.url64(60));
    return [`invalid token ${s}`, s];
  },
  'gcp-client': (m) => {
    const s = join('GOC', 'SPX-', m.url64(28));
    return [`client secret ${s} rejected`, s];
  },
  'github-pat': (m) => {
    const s = join('gh', 'p_', m.b62(36));
    return [`remote: invalid credentials ${s}`, s];
  },
  'github-fine': (m) => {
    const s = join('github', '_pat_', m.b62(22), '_', m.b62(59));
    return [`using ${s}`, s];
  },
  'github-url': (m) => {
    const s = join('gh', 's_', m.b62(36));
    return [
      `fatal: unable to access 'https://x-access-token:${s}@github.com/acme/ops.git/': 403`,
      s,
      'github.com/acme/ops.git',
      '403',
    ];
  },
  gitlab: (m) => {
    const s = join('gl', 'pat-', m.url64(20));
    return [`PRIVATE-TOKEN: ${s}`, s];
  },
  slack: (m) => {
    const s = join('xo', 'xb-', m.digits(12), '-', m.digits(12), '-', m.b62(24));
    return [`slack said invalid_auth for ${s}`, s, 'invalid_auth'];
  },
  'slack-hook': (m) => {
    const s = join('T', m.b62(8).toUpperCase(), '/B', m.b62(8).toUpperCase(), '/', m.b62(24));
    return [`POST https://hooks.slack.com/services/${s} 404`, s.slice(-24), '404'];
  },
  stripe: (m) => {
    const s = join('sk', '_live_', m.b62(24));
    return [`Invalid API Key provided: ${s}`, s];
  },
  npm: (m) => {
    const s = join('np', 'm_', m.b62(36));
    return [`//registry.npmjs.org/:_authToken=${s}`, s];
  },
  openai: (m) => {
    const s = join('sk', '-proj-', m.url64(74));
    return [`Incorrect API key provided: ${s}.`, s];
  },
  anthropic: (m) => {
    const s = join('sk', '-ant-api03-', m.url64(93), 'AA');
    return [`x-api-key: ${s}`, s];
  },
  sendgrid: (m) => {
    const s = join('S', 'G.', m.url64(22), '.', m.url64(43));
    return [`mail failed with ${s}`, s];
  },
  vault: (m) => {
    const s = join('hv', 's.', m.url64(92));
    return [`vault: permission denied (${s})`, s, 'permission denied'];
  },
  telegram: (m) => {
    const s = join(m.digits(10), ':AA', m.url64(33));
    return [`https://api.telegram.org/bot${s}/sendMessage`, s.slice(12)];
  },
  discord: (m) => {
    const s = join('https://discord.com/api/webhooks/', m.digits(18), '/', m.url64(68));
    return [`hook ${s} gone`, s.slice(-68)];
  },
  'teams-hook': (m) => {
    const s = m.hex(32);
    return [
      `https://contoso.webhook.office.com/webhookb2/${m.guid()}@${m.guid()}/IncomingWebhook/${s}/${m.guid()}`,
      s,
    ];
  },
  'azure-storage': (m) => {
    const s = `${m.b64(86)}==`;
    return [
      `DefaultEndpointsProtocol=https;AccountName=opsbackups;AccountKey=${s};EndpointSuffix=core.windows.net`,
      s,
      'opsbackups',
      'core.windows.net',
    ];
  },
  'azure-storage-bare': (m) => {
    const s = `${m.b64(86)}==`;
    return [`signature made with ${s} is wrong`, s];
  },
  sas: (m) => {
    const s = encodeURIComponent(`${m.b64(43)}=`);
    return [
      `PUT https://x.blob.core.windows.net/backups/a.json?sv=2024-11-04&sr=b&sig=${s} 403`,
      s,
      '/backups/a.json',
      '403',
    ];
  },
  'sas-alone': (m) => {
    const s = `${m.b64(43)}%3D`;
    return [`sp=rl&se=2026-01-01&sig=${s}`, s];
  },
  'service-bus': (m) => {
    const s = `${m.b64(43)}=`;
    return [
      `Endpoint=sb://ops.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=${s}`,
      s,
      'ops.servicebus.windows.net',
    ];
  },
  cosmos: (m) => {
    const s = `${m.b64(86)}==`;
    return [
      `AccountEndpoint=https://x.documents.azure.com:443/;AccountKey=${s};`,
      s,
      'x.documents.azure.com',
    ];
  },
  'sql-server': (m) => {
    const s = m.password();
    return [
      `Server=tcp:sql01,1433;Initial Catalog=ops;User ID=opsuser;Password=${s};Encrypt=True;`,
      s,
      'sql01',
      'Encrypt=True',
    ];
  },
  'sql-pwd': (m) => {
    const s = m.password();
    return [`Driver={ODBC};Server=sql01;Uid=sa;Pwd=${s}`, s, 'sql01'];
  },
  'pg-url': (m) => {
    const s = m.password().replace(/[#%]/g, 'x');
    return [
      `connect ECONNREFUSED postgres://ops:${s}@db01:5432/ledger`,
      s,
      'ECONNREFUSED',
      'db01:5432/ledger',
    ];
  },
  'pg-url-slash': (m) => {
    const s = `pa/${m.b62(6)}@${m.b62(5)}`;
    return [`invalid URL postgresql://ops:${s}@db01/ledger`, [s, s.slice(3)], 'db01/ledger'];
  },
  'pg-dsn': (m) => {
    const s = m.password();
    return [
      `could not connect: host=db01 user=ops password=${s} dbname=ledger`,
      s,
      'host=db01',
      'dbname=ledger',
    ];
  },
  'redis-url': (m) => {
    const s = m.b62(20);
    return [`rediss://:${s}@cache:6380/0 timed out`, s, 'cache:6380'];
  },
  'nats-url': (m) => {
    const s = m.b62(16);
    return [
      `NatsError: CONNECTION_REFUSED nats://worker:${s}@nats-1:4222`,
      s,
      'CONNECTION_REFUSED',
      'nats-1:4222',
    ];
  },
  'nats-token-url': (m) => {
    const s = m.b62(24);
    return [`nats://${s}@nats-1:4222 'Authorization Violation'`, s, 'Authorization Violation'];
  },
  'nats-seed': (m) => {
    const s = join('SU', m.pick('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 56));
    return [`invalid seed ${s}`, s];
  },
  'mongo-url': (m) => {
    const s = m.b62(14);
    return [`mongodb+srv://app:${s}@cluster0.example.net/?retryWrites=true`, s, 'cluster0.example.net'];
  },
  'amqp-url': (m) => {
    const s = m.b62(14);
    return [`amqps://guest:${s}@mq:5671/%2f ACCESS_REFUSED`, s, 'ACCESS_REFUSED'];
  },
  'esdb-url': (m) => {
    const s = m.b62(10);
    return [`esdb://admin:${s}@localhost:2113?tls=false`, s, 'localhost:2113'];
  },
  'https-url': (m) => {
    const s = m.b62(14);
    return [`GET https://svc:${s}@proxy.contoso.com/pac 502`, s, 'proxy.contoso.com/pac', '502'];
  },
  'mysql-go': (m) => {
    const s = m.b62(12);
    return [`dial root:${s}@tcp(127.0.0.1:3306)/ops failed`, s, '127.0.0.1:3306'];
  },
  'query-token': (m) => {
    const s = m.b62(24);
    return [`fetch failed: https://api.example.com/v1/items?access_token=${s}&top=5`, s, '/v1/items'];
  },
  'query-skip': (m) => {
    const s = m.b62(60);
    return [
      `GET /beta/deviceManagement/configurationPolicies?$top=100&$skiptoken=${s} 503`,
      s,
      '/beta/deviceManagement/configurationPolicies',
      '503',
    ];
  },
  'fragment-token': (m) => {
    const s = m.b62(40);
    return [`https://app.example.com/cb#access_token=${s}&token_type=Bearer`, s, 'app.example.com/cb'];
  },
  'pem-rsa': (m) => {
    const s = m.pem('RSA PRIVATE KEY', 6);
    return [
      `error:0909006C:PEM routines:get_name:no start line\n${s}\nafter`,
      [s.slice(40, 90), s.slice(-60, -30)],
      'after',
    ];
  },
  'pem-truncated': (m) => {
    const s = m.pem('PRIVATE KEY', 6).slice(0, 200);
    return [`bad key ${s}`, s.slice(40, 80)];
  },
  'pem-json': (m) => {
    const s = m.pem('PRIVATE KEY', 4);
    return [JSON.stringify({ type: 'service_account', private_key: s }), s.slice(40, 80)];
  },
  'pem-openssh': (m) => {
    const s = m.pem('OPENSSH PRIVATE KEY', 5);
    return [`Load key failed: ${s}`, s.slice(50, 90)];
  },
  'pem-one-line': (m) => {
    const s = m.pem('EC PRIVATE KEY', 2).replaceAll('\n', ' ');
    return [`key=${s}`, s.slice(40, 80)];
  },
  'pem-tail': (m) => {
    const s = m.pem('PRIVATE KEY', 4).slice(90);
    return [`...${s}`, s.slice(0, 40)];
  },
  'pem-cert': (m) => {
    const s = m.pem('CERTIFICATE', 4);
    return [s, s.slice(60, 90)];
  },
  'ssh-public': (m) => {
    const s = `AAAAB3NzaC1yc2E${m.b64(120)}`;
    return [`unknown key ssh-rsa ${s} ops@host`, s];
  },
  pfx: (m) => {
    const s = `MIIK${m.b64(400)}==`;
    return [`{"pfxBlob":"${s}"}`, s.slice(0, 60)];
  },
  'cookie-header': (m) => {
    const s = m.b62(32);
    return [`Cookie: theme=dark; sessionid=${s}; lang=en\nHost: hub`, s, 'Host: hub'];
  },
  'set-cookie': (m) => {
    const s = m.url64(32);
    return [`Set-Cookie: sid=${s}; Path=/; HttpOnly; SameSite=Lax`, s];
  },
  'set-cookie-inspect': (m) => {
    const s = m.url64(32);
    return [`headers: { 'set-cookie': [ 'ESTSAUTH=${s}; path=/; secure' ], date: 'Mon' }`, s, "date: 'Mon'"];
  },
  jsessionid: (m) => {
    const s = m.hex(32).toUpperCase();
    return [`/app;JSESSIONID=${s} expired`, s];
  },
  'connect-sid': (m) => {
    const s = `s%3A${m.url64(32)}.${m.b64(43)}`;
    return [`connect.sid=${s}`, s];
  },
  'json-password': (m) => {
    const s = m.password();
    return [`{"user":"ops","password":"${s}","tries":3}`, s, '"tries":3', 'ops'];
  },
  'json-spaced': (m) => {
    const s = m.password();
    return [`{ "adminPassword" : "${s}" }`, s];
  },
  'json-single': (m) => {
    const s = m.password();
    return [`{ user: 'ops', password: '${s}' }`, s];
  },
  'json-escaped-quote': (m) => {
    const s = `${m.b62(5)}\\"${m.b62(5)}`;
    return [`{"password":"${s}"}`, s];
  },
  'json-nested': (m) => {
    const s = m.password();
    return [JSON.stringify({ body: JSON.stringify({ password: s }) }), s];
  },
  'json-nested-2': (m) => {
    const s = m.password();
    return [JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ clientSecret: s }) }) }), s];
  },
  'json-number': (m) => {
    const s = m.digits(6);
    return [`{"pin": ${s}, "count": 12}`, s, '"count": 12'];
  },
  'json-array': (m) => {
    const s = m.b62(12);
    return [`{"secrets":["${s}","x${s}"],"n":2}`, s, '"n":2'];
  },
  'json-cut': (m) => {
    const s = m.b62(10);
    return [`{"code":"BadRequest","password":"${s}`, s, 'BadRequest'];
  },
  yaml: (m) => {
    const s = m.password();
    return [`database:\n  user: ops\n  password: ${s}\n  port: 5432`, s, 'port: 5432'];
  },
  'yaml-words': () => [
    'vault:\n  passphrase: correct horse battery staple\n  port: 8200',
    'horse battery',
    'port: 8200',
  ],
  'yaml-block': (m) => {
    const s = m.b62(30);
    return [`secret: |\n  ${s}\n  ${s}\nport: 1`, s, 'port: 1'];
  },
  xml: (m) => {
    const s = m.password();
    return [
      `<Config><UserName>ops</UserName><Password>${s}</Password><Port>1</Port></Config>`,
      s,
      '<Port>1</Port>',
    ];
  },
  'xml-ns': (m) => {
    const s = m.password();
    return [`<wsse:Password Type="x#PasswordText">${s}</wsse:Password>`, s];
  },
  'xml-attribute': (m) => {
    const s = m.password();
    return [`<add key="SmtpPassword" value="${s}" />`, s];
  },
  'xml-wifi': (m) => {
    const s = m.b62(12);
    return [
      `<sharedKey><keyType>passPhrase</keyType><protected>false</protected><keyMaterial>${s}</keyMaterial></sharedKey>`,
      s,
    ];
  },
  plist: (m) => {
    const s = m.b62(12);
    return [`<key>Password</key>\n<string>${s}</string><key>SSID</key><string>corp</string>`, s, 'corp'];
  },
  'html-table': (m) => {
    const s = m.password();
    return [
      `<table><tr><th>Password</th><td>${s}</td></tr><tr><th>Status</th><td>502</td></tr></table>`,
      s,
      '502',
    ];
  },
  'html-input': (m) => {
    const s = m.b62(20);
    return [
      `<html><body><h1>502 Bad Gateway</h1><input type="hidden" name="__RequestVerificationToken" value="${s}"></body></html>`,
      s,
      '502 Bad Gateway',
    ];
  },
  'html-script': (m) => {
    const s = m.b62(20);
    return [`<html><script>var cfg={canary:"${s}"}</script><title>Sign in</title></html>`, s, 'Sign in'];
  },
  env: (m) => {
    const s = m.password();
    return [`OIDC_CLIENT_SECRET=${s}\nPORT=8080`, s, 'PORT=8080'];
  },
  'env-export': (m) => {
    const s = m.password();
    return [`export DB_PASSWORD="${s}"; npm start`, s, 'npm start'];
  },
  ini: (m) => {
    const s = m.password();
    return [`[smtp]\nhost = mail01\npassword = ${s}\n`, s, 'host = mail01'];
  },
  pgpassword: (m) => {
    const s = m.password();
    return [`Command failed: PGPASSWORD=${s} psql -h db01 -U ops`, s, 'psql -h db01'];
  },
  'cli-password': (m) => {
    const s = m.password();
    return [
      `spawn failed: az login --service-principal -u ${m.guid()} --password ${s} --tenant contoso`,
      s,
      '--tenant contoso',
    ];
  },
  'cli-p': (m) => {
    const s = `${m.b62(10)}4`;
    return [`docker login -u ops -p ${s} registry.contoso.com`, s, 'registry.contoso.com'];
  },
  'cli-mysql': (m) => {
    const s = m.b62(10);
    return [`mysqldump -uroot -p${s} ops > dump.sql`, s, 'dump.sql'];
  },
  'cli-sshpass': (m) => {
    const s = m.b62(10);
    return [`sshpass -p '${s}' ssh ops@10.0.0.4`, s, '10.0.0.4'];
  },
  'cli-curl': (m) => {
    const s = m.b62(10);
    return [`curl -u ops:${s} https://x.example.com/a`, s, 'https://x.example.com/a'];
  },
  powershell: (m) => {
    const s = m.password();
    return [`ConvertTo-SecureString "${s}" -AsPlainText -Force`, s];
  },
  'email-odata': (m) => {
    const s = join('adele', m.digits(3), '@', 'contoso.onmicrosoft.com');
    return [`Request_ResourceNotFound: Resource '${s}' does not exist`, s, 'Request_ResourceNotFound'];
  },
  'email-guest': (m) => {
    const s = join('bob', m.digits(2), '_gmail.com#EXT#', '@', 'contoso.onmicrosoft.com');
    return [`user ${s} not assigned`, [s, 'bob']];
  },
  'email-plus': (m) => {
    const s = join('a.b+', m.b62(4), '@', 'mail.example.co.uk');
    return [`<${s}> bounced`, s];
  },
  bitlocker: (m) => {
    const s = Array.from({ length: 8 }, () => m.digits(6)).join('-');
    return [`recovery key for device: ${s}`, s];
  },
  laps: (m) => {
    const s = m.password();
    return [
      `{"accountName":"Administrator","passwordBase64":"${Buffer.from(s).toString('base64')}"}`,
      Buffer.from(s).toString('base64'),
      'Administrator',
    ];
  },
  otpauth: (m) => {
    const s = m.pick('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 32);
    return [`otpauth://totp/ops?secret=${s}&issuer=x`, s];
  },
  'otp-code': (m) => {
    const s = m.digits(6);
    return [`Your verification code is ${s}`, s];
  },
});
