import { buildCases } from './case.js';

const join = (...parts: string[]) => parts.join('');
const hexOf = (text: string) => Buffer.from(text).toString('hex');

/** Cases that were written to break the finished rules, before the rules were run on them. */
export const hardCases = buildCases('hard', {
  'password-symbols': (m) => {
    const s = `${m.b62(4)};&,${m.b62(4)}!`;
    return [`Password=${s};Server=db01`, [s, s.slice(-5)], 'Server=db01'];
  },
  'password-at-end-of-sentence': (m) => {
    const s = m.password();
    return [`Could not bind as cn=ops (password: ${s}).`, s, 'cn=ops'];
  },
  'password-backtick': (m) => {
    const s = m.password();
    return [`set password to \`${s}\` failed`, s];
  },
  'password-parenthesis': (m) => {
    const s = m.password();
    return [`password (plain): ${s}`, s];
  },
  'password-colon-inside': (m) => {
    const s = `${m.b62(4)}:${m.b62(5)}`;
    return [`{"password":"${s}"}`, s];
  },
  'password-unicode': (m) => {
    const s = `Pä$$wört${m.digits(3)}`;
    return [`password="${s}"`, s];
  },
  'password-hash-sign': (m) => {
    const s = `${m.b62(4)}#${m.b62(6)}`;
    return [`postgres://ops:${s}@db01/x failed`, [s, s.slice(5)], 'db01/x'];
  },
  'password-question': (m) => {
    const s = `${m.b62(4)}?${m.b62(6)}`;
    return [`amqp://ops:${s}@mq01/x`, [s, s.slice(5)], 'mq01/x'];
  },
  'crlf-headers': (m) => {
    const s = m.b62(24);
    return [`HTTP/1.1 200 OK\r\nSet-Cookie: a=${s}; path=/\r\nX-Frame: 1\r\n`, s, 'X-Frame: 1'];
  },
  'tab-separated': (m) => {
    const s = m.b62(10);
    return [`user\tops\npassword\t${s}\nport\t22`, s, 'port\t22'];
  },
  'csv-row': (m) => {
    const s = m.password();
    return [`login,secret\nops,${s}`, s];
  },
  toml: (m) => {
    const s = m.password();
    return [`[db]\npassword = '''${s}'''\nport = 5432`, s, 'port = 5432'];
  },
  hcl: (m) => {
    const s = m.password();
    return [`resource "x" {\n  admin_password = "${s}"\n  size = 3\n}`, s, 'size = 3'];
  },
  bicep: (m) => {
    const s = m.password();
    return [`param adminPassword string = '${s}'`, s];
  },
  'k8s-secret': (m) => {
    const s = Buffer.from(m.password()).toString('base64');
    return [`kind: Secret\ndata:\n  tls.key: ${s}xx\n  password: ${s}`, s];
  },
  'kube-config': (m) => {
    const s = `LS0tLS1CRUdJTi${m.b64(200)}`;
    return [`client-key-data: ${s}`, s.slice(0, 80)];
  },
  'docker-config': (m) => {
    const s = Buffer.from(`ops:${m.password()}`).toString('base64');
    return [`{"auths":{"ghcr.io":{"auth":"${s}"}}}`, s, 'ghcr.io'];
  },
  'npmrc-auth': (m) => {
    const s = Buffer.from(`ops:${m.password()}`).toString('base64');
    return [`//npm.contoso.com/:_auth=${s}`, s];
  },
  netrc: (m) => {
    const s = m.password();
    return [`machine api.contoso.com login ops password ${s}`, s, 'api.contoso.com'];
  },
  pgpass: (m) => {
    const s = m.b62(12);
    return [`pgpass line db01:5432:ledger:ops:${s}`, s];
  },
  htpasswd: (m) => {
    const s = `$apr1$${m.b62(8)}$${m.b62(22)}`;
    return [`ops:${s}`, s];
  },
  bcrypt: (m) => {
    const s = `$2b$12$${m.b62(53)}`;
    return [`hash mismatch ${s}`, s];
  },
  shadow: (m) => {
    const s = `$6$${m.b62(8)}$${m.b62(86)}`;
    return [`root:${s}:19000:0:99999:7:::`, s];
  },
  argon2: (m) => {
    const s = `$argon2id$v=19$m=65536,t=3,p=4$${m.b64(22)}$${m.b64(43)}`;
    return [`cannot verify ${s}`, s.slice(-43)];
  },
  'scram-verifier': (m) => {
    const s = `SCRAM-SHA-256$4096:${m.b64(22)}==$${m.b64(43)}=:${m.b64(43)}=`;
    return [`ALTER ROLE ops PASSWORD '${s}'`, s.slice(-20)];
  },
  'ntlm-hash': (m) => {
    const s = `${m.hex(32)}:${m.hex(32)}`;
    return [`Administrator:500:${s}:::`, s.slice(33)];
  },
  'kerberos-ticket': (m) => {
    const s = `YII${m.b64(240)}`;
    return [`gss failed: Negotiate ${s}`, s.slice(0, 60)];
  },
  jwe: (m) => {
    const s = ['eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0', '', m.url64(16), m.url64(80), m.url64(22)].join(
      '.',
    );
    return [`cookie ${s}`, s.slice(50)];
  },
  'jwt-payload-only': (m) => {
    const s = m.jwt().split('.')[1] as string;
    return [`claims ${s}`, s];
  },
  'jwt-spaces': (m) => {
    const s = m.jwt();
    return [`Bearer  \t ${s}`, s];
  },
  'jwt-in-path': (m) => {
    const s = m.jwt();
    return [`GET /verify/${s}/done 404`, s, '404'];
  },
  'jwt-in-base64': (m) => {
    const s = Buffer.from(`x=${m.jwt()}`).toString('base64');
    return [`state ${s}`, s.slice(0, 60)];
  },
  'jwt-quoted-printable': (m) => {
    const s = m.jwt();
    return [`token=${s.slice(0, 70)}=\n${s.slice(70)}`, s.slice(75, 120)];
  },
  'token-colon-pair': (m) => {
    const s = m.b62(20);
    return [`Graph call failed ('Authorization', 'Bearer ${s}')`, s];
  },
  'python-dict': (m) => {
    const s = m.b62(12);
    return [`{'api_key': u'${s}', 'n': 3}`, s, "'n': 3"];
  },
  'ruby-inspect': (m) => {
    const s = m.b62(12);
    return [`#<Config @password="${s}", @port=5432>`, s, '5432'];
  },
  'java-tostring': (m) => {
    const s = m.b62(12);
    return [`DataSource[user=ops, password=${s}, pool=10]`, s, 'pool=10'];
  },
  'csharp-record': (m) => {
    const s = m.b62(12);
    return [`Credentials { User = ops, Secret = ${s}, Attempts = 2 }`, s, 'Attempts = 2'];
  },
  'go-quoted-struct': (m) => {
    const s = m.b62(12);
    return [`&oauth2.Token{AccessToken:"${s}", TokenType:"Bearer", Expiry:(*time.Time)(nil)}`, s];
  },
  'map-inspect': (m) => {
    const s = m.b62(12);
    return [`Map(2) { 'password' => '${s}', 'port' => 5432 }`, s, "'port' => 5432"];
  },
  'symbol-inspect': (m) => {
    const s = m.b62(14);
    return [`{ [Symbol(token)]: '${s}', status: 500 }`, s, 'status: 500'];
  },
  'json-key-upper': (m) => {
    const s = m.b62(10);
    return [`{"PASSWORD":"${s}","STATUS":500}`, s, '"STATUS":500'];
  },
  'json-key-spaced-out': (m) => {
    const s = m.b62(10);
    return [`{"Client Secret":"${s}"}`, s];
  },
  'json-triple-nested-in-url': (m) => {
    const s = m.b62(10);
    return [`https%3A%2F%2Fx%2Fcb%23id_token%3D${s}%26b%3D1`, s];
  },
  'json-in-base64url': (m) => {
    const s = Buffer.from(JSON.stringify({ refresh_token: m.b62(20) })).toString('base64url');
    return [`cookie value ${s}`, s];
  },
  'xml-cdata': (m) => {
    const s = m.password();
    return [`<password><![CDATA[${s}]]></password>`, s];
  },
  'xml-entity': (m) => {
    const s = m.b62(10);
    return [`&lt;password&gt;${s}&lt;/password&gt;`, s];
  },
  'xml-spaced': (m) => {
    const s = m.b62(10);
    return [`<Password>\n   ${s}\n</Password><Port>5</Port>`, s, '<Port>5</Port>'];
  },
  'soap-fault': (m) => {
    const s = m.b64(60);
    return [
      `<o:BinarySecurityToken u:Id="x">${s}</o:BinarySecurityToken><faultcode>a:Failed</faultcode>`,
      s,
      'a:Failed',
    ];
  },
  'html-attr-data': (m) => {
    const s = m.b62(20);
    return [`<div data-token="${s}">Sorry, 500</div>`, s, 'Sorry, 500'];
  },
  'html-dl': (m) => {
    const s = m.password();
    return [`<dl><dt>Secret</dt><dd>${s}</dd><dt>Code</dt><dd>403</dd></dl>`, s, '403'];
  },
  'html-comment': (m) => {
    const s = m.b62(20);
    return [`Oops <!-- key ${s} --> 500`, s, '500'];
  },
  'html-cut-off': (m) => {
    const s = m.b62(20);
    return [
      `<html><title>Error</title><form action="/x"><input type="hidden" name="ctx" value="${s}`,
      s,
      'Error',
    ];
  },
  'combining-split': (m) => {
    const s = m.b62(10);
    return [`p\u0301assword=${s}`, s];
  },
  'bidi-override': (m) => {
    const s = m.b62(12);
    return [`password\u202e=\u202c${s.slice(0, 6)}\u2066${s.slice(6)}`, [s, s.slice(6)]];
  },
  'tag-characters': (m) => {
    const s = m.b62(12);
    return [`secret=${s.slice(0, 6)}\u{e0041}${s.slice(6)}`, [s, s.slice(6)]];
  },
  'nbsp-separators': (m) => {
    const s = m.b62(12);
    return [`password\u00a0:\u00a0${s}`, s];
  },
  'smart-quotes': (m) => {
    const s = m.b62(12);
    return [`password “${s}” rejected`, s];
  },
  'hex-jwt': (m) => {
    const s = hexOf(m.jwt());
    return [`bytes ${s}`, s.slice(0, 80)];
  },
  'sas-url-in-json': (m) => {
    const s = encodeURIComponent(m.b64(44));
    return [
      `{"azureStorageUri":"https://x.blob.core.windows.net/c/a.bin?sv=2017-04-17&sr=b&si=1&sig=${s}"}`,
      s,
      '/c/a.bin',
    ];
  },
  'intune-wifi-profile': (m) => {
    const s = m.b62(14);
    return [
      `{"@odata.type":"#microsoft.graph.windowsWifiConfiguration","preSharedKey":"${s}","ssid":"corp"}`,
      s,
      '"ssid":"corp"',
    ];
  },
  'intune-simple-setting': (m) => {
    const s = m.b62(14);
    return [
      `"simpleSettingValue":{"@odata.type":"#microsoft.graph.deviceManagementConfigurationSecretSettingValue","value":"${s}","valueState":"notEncrypted"}`,
      s,
    ];
  },
  'enrollment-token': (m) => {
    const s = m.pick('ABCDEFGHJKLMNPQRSTUVWXYZ', 20);
    return [`{"tokenValue":"${s}","enrollmentTokenUsageCount":3}`, s, '"enrollmentTokenUsageCount":3'];
  },
  'apns-p12': (m) => {
    const s = `MIIM${m.b64(300)}`;
    return [`certificate: ${s}`, s.slice(0, 60)];
  },
  'shared-key-auth': (m) => {
    const s = `${m.b64(43)}=`;
    return [`Authorization: SharedKey opsbackups:${s}\nx-ms-date: Mon`, s, 'x-ms-date: Mon'];
  },
  aws4: (m) => {
    const s = m.hex(64);
    return [
      `Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/eu/s3/aws4_request, SignedHeaders=host, Signature=${s}`,
      s,
    ];
  },
  'email-display': (m) => {
    const s = join('eva', m.digits(2), '@', 'contoso.com');
    return [`From: "Eva" <${s}> to [mailto:${s}]`, s];
  },
  'email-upn-key': (m) => {
    const s = join('eva', m.digits(2), '@', 'contoso.com');
    return [`{"userPrincipalName":"${s}","id":"7"}`, s, '"id":"7"'];
  },
  'cli-equals-quoted': (m) => {
    const s = `${m.b62(5)} ${m.b62(5)}`;
    return [`app --password="${s}" --port=1`, s, '--port=1'];
  },
  'cli-json-argv': (m) => {
    const s = m.b62(10);
    return [`spawn ["pg_dump","--password","${s}","ledger"]`, s, 'ledger'];
  },
  'proxy-env': (m) => {
    const s = m.b62(10);
    return [`HTTPS_PROXY=http://ops:${s}@proxy:3128 failed`, s, 'proxy:3128'];
  },
  'ldap-bind': (m) => {
    const s = m.b62(10);
    return [`ldapsearch -D cn=ops -w ${s} -b dc=x`, s, 'dc=x'];
  },
  'xml-named-element': (m) => {
    const s = m.password();
    return [`<Setting Name="AdminPassword">${s}</Setting><Setting Name="Port">5</Setting>`, s, '>5<'];
  },
  'session-id-words': (m) => {
    const s = m.b62(22);
    return [`session id ${s} expired`, s, 'expired'];
  },
  'pipe-separated': (m) => {
    const s = m.b62(20);
    return [`X-Auth-Token=${s}|status=401`, s, 'status=401'];
  },
});
