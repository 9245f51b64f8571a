import { buildCases } from './case.js';

const join = (...parts: string[]) => parts.join('');
const percent = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** The half of the secrets that the rules were checked with. It was written before the rules were run on it. */
export const secretsB = buildCases('b', {
  'url-encoded-json': (m) => {
    const s = m.password();
    return [`payload=${encodeURIComponent(JSON.stringify({ password: s }))}`, [s, encodeURIComponent(s)]];
  },
  'url-encoded-twice': (m) => {
    const s = m.b62(14);
    return [`redirect=${encodeURIComponent(encodeURIComponent(`https://x/y?client_secret=${s}`))}`, s];
  },
  'percent-all': (m) => {
    const s = m.b62(12);
    return [`body ${percent(`password=${s}`)} refused`, [s, percent(s)], 'refused'];
  },
  'base64-json': (m) => {
    const s = Buffer.from(JSON.stringify({ clientSecret: m.b62(12) })).toString('base64');
    return [`context ${s}`, s];
  },
  'base64-connection': (m) => {
    const s = Buffer.from(`Server=db;Password=${m.password()};`).toString('base64');
    return [`{"blob":"${s}"}`, s];
  },
  'base64-twice': (m) => {
    const s = Buffer.from(Buffer.from(`{"password":"${m.b62(9)}"}`).toString('base64')).toString('base64');
    return [`value=${s}`, s];
  },
  'base64-utf16': (m) => {
    const s = Buffer.from(
      `$pw = "x"; net use \\\\srv ${m.b62(9)} /user:ops; password="${m.b62(8)}"`,
      'utf16le',
    ).toString('base64');
    return [`powershell -EncodedCommand ${s}`, s];
  },
  'base64-userpass': (m) => {
    const s = Buffer.from(`ops:${m.password()}`).toString('base64');
    return [`dockerconfigjson auth ${s}`, s];
  },
  hex: (m) => {
    const s = Buffer.from(`password=${m.b62(9)}`).toString('hex');
    return [`bytea \\x${s}`, s];
  },
  'zero-width': (m) => {
    const s = m.password();
    return [`pass\u200bword=${s.slice(0, 4)}\u200b${s.slice(4)}`, [s, s.slice(4)]];
  },
  'soft-hyphen': (m) => {
    const s = m.jwt();
    return [`Bearer ${s.slice(0, 20)}\u00ad${s.slice(20)}`, s.slice(25, 60)];
  },
  'full-width': (m) => {
    const s = m.b62(10);
    return [`ｐａｓｓｗｏｒｄ＝${s}`, s];
  },
  'full-width-value': (m) => {
    const s = [...m.b62(10)].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join('');
    return [`password: ${s}`, [s, s.normalize('NFKC')]];
  },
  homoglyph: (m) => {
    const s = m.b62(10);
    return [`pаsswоrd=${s}`, s];
  },
  math: (m) => {
    const s = m.b62(10);
    return [`𝐩𝐚𝐬𝐬𝐰𝐨𝐫𝐝=${s}`, s];
  },
  'ansi-split': (m) => {
    const s = m.b62(12);
    return [
      `\u001b[31mpass\u001b[0mword=\u001b[1m${s.slice(0, 5)}\u001b[0m${s.slice(5)}\u001b[0m`,
      [s, s.slice(5)],
    ];
  },
  'html-split': (m) => {
    const s = m.b62(12);
    return [`pass<b>word</b>: <i>${s}</i>`, s];
  },
  'html-entities': (m) => {
    const s = m.b62(12);
    return [`{&quot;password&quot;:&quot;${s}&quot;}`, s];
  },
  'html-numeric': (m) => {
    const s = m.b62(12);
    return [`password&#61;${s} &#x70;wd&#x3d;${s}`, s];
  },
  'json-unicode-escape': (m) => {
    const s = m.b62(12);
    return [`{"p\\u0061ssword":"${s}"}`, s];
  },
  'js-inspect': (m) => {
    const s = m.b62(20);
    return [
      `AxiosError {\n  config: {\n    headers: {\n      Authorization: 'Bearer ${s}',\n      'User-Agent': 'axios/1.7'\n    }\n  },\n  status: 429\n}`,
      s,
      'status: 429',
      'axios/1.7',
    ];
  },
  'raw-headers': (m) => {
    const s = m.b62(16);
    return [
      `rawHeaders: ["Host","graph.microsoft.com","x-api-key","${s}","Accept","*/*"]`,
      s,
      'graph.microsoft.com',
    ];
  },
  'buffer-inspect': (m) => {
    const s = [...Buffer.from(m.b62(16))].map((b) => b.toString(16).padStart(2, '0')).join(' ');
    return [`data: <Buffer ${s}>`, s];
  },
  'buffer-json': (m) => {
    const s = [...Buffer.from(m.b62(16))].join(',');
    return [`{"type":"Buffer","data":[${s}]}`, s];
  },
  'grpc-metadata': (m) => {
    const s = m.b62(20);
    return [`16 UNAUTHENTICATED: metadata authorization=[Bearer ${s}] rejected`, s, '16 UNAUTHENTICATED'];
  },
  'grpc-cookie': (m) => {
    const s = m.url64(30);
    return [`14 UNAVAILABLE: set-cookie: [__Host-sess=${s}; Secure]`, s, '14 UNAVAILABLE'];
  },
  'pg-detail': (m) => {
    const s = join('mia', m.digits(2), '@', 'example.org');
    return [
      `duplicate key value violates unique constraint "person_email_key" Detail: Key (email)=(${s}) already exists.`,
      s,
      'person_email_key',
    ];
  },
  'pg-alter': (m) => {
    const s = m.b62(12);
    return [`syntax error in: ALTER ROLE hub WITH LOGIN PASSWORD '${s}'`, s, 'ALTER ROLE hub'];
  },
  'sql-identified': (m) => {
    const s = m.b62(12);
    return [`CREATE USER 'ops' IDENTIFIED BY '${s}'`, s];
  },
  'msal-cache': (m) => {
    const s = m.b62(200);
    return [`{"RefreshToken":{"key-x":{"home_account_id":"x","secret":"${s}"}}}`, s.slice(0, 40)];
  },
  'graph-oma': (m) => {
    const s = m.b62(12);
    return [`{"displayName":"Wifi password","omaUri":"./Vendor/MSFT/WiFi/Password","value":"${s}"}`, s];
  },
  'graph-secret-setting': (m) => {
    const s = m.b62(12);
    return [`"settingDefinitionId":"x_wifi_presharedkey","value":"${s}"`, s];
  },
  'key-content': (m) => {
    const s = m.b62(12);
    return [`    Key Content            : ${s}\n    Cost : Unrestricted`, s, 'Cost : Unrestricted'];
  },
  'wifi-qr': (m) => {
    const s = m.b62(12);
    return [`WIFI:T:WPA;S:corp;P:${s};;`, s];
  },
  wpa: (m) => {
    const s = m.b62(12);
    return [`network={\n  ssid="corp"\n  psk="${s}"\n}`, s];
  },
  'sentence-is': (m) => {
    const s = m.password();
    return [`The password is ${s} and it was rejected`, s];
  },
  'sentence-quoted': (m) => {
    const s = m.password();
    return [`Login with password '${s}' failed`, s];
  },
  'sentence-with': (m) => {
    const s = `${m.b62(9)}7`;
    return [`cannot sign in using password ${s}`, s];
  },
  'word-separator': (m) => {
    const s = m.b62(10);
    return [`api key: ${s}, region: weu`, s, 'region: weu'];
  },
  'arrow-separator': (m) => {
    const s = m.b62(10);
    return [`:password => "${s}", :port => 22`, s, ':port => 22'];
  },
  'go-struct': (m) => {
    const s = m.b62(10);
    return [`Config{Host:db01 Password:${s} Port:5432}`, s, 'Host:db01', 'Port:5432'];
  },
  'php-array': (m) => {
    const s = m.b62(10);
    return [`Array ( [user] => ops [password] => ${s} [port] => 1 )`, s, '[port] => 1'];
  },
  'double-flag': (m) => {
    const s = m.b62(10);
    return [`--client-secret=${s} --verbose`, s, '--verbose'];
  },
  'windows-flag': (m) => {
    const s = m.b62(10);
    return [`msiexec /i agent.msi TOKEN=${s} /qn`, s, '/qn'];
  },
  'redis-cli': (m) => {
    const s = m.b62(10);
    return [`redis-cli -h cache -a ${s} ping`, s, 'ping'];
  },
  sqlcmd: (m) => {
    const s = m.b62(10);
    return [`sqlcmd -S sql01 -U sa -P ${s} -Q "select 1"`, s];
  },
  'net-use': (m) => {
    const s = m.b62(10);
    return [`net use \\\\srv\\share ${s} /user:ops`, s];
  },
  'echo-stdin': (m) => {
    const s = m.b62(10);
    return [`echo ${s} | docker login -u ops --password-stdin`, s];
  },
  'x-functions-key': (m) => {
    const s = `${m.url64(44)}AzFu${m.url64(6)}==`;
    return [`x-functions-key: ${s}`, s];
  },
  'devops-pat': (m) => {
    const s = m.pick('abcdefghijklmnopqrstuvwxyz234567', 52);
    return [`VS30063: not authorized with ${s}`, s, 'VS30063'];
  },
  'app-insights': (m) => {
    const s = m.guid();
    return [`InstrumentationKey=${s};IngestionEndpoint=https://weu.example.com/`, s, 'IngestionEndpoint'];
  },
  subscription: (m) => {
    const s = m.hex(32);
    return [`Ocp-Apim-Subscription-Key: ${s}`, s];
  },
  'storage-key-words': (m) => {
    const s = `${m.b64(86)}==`;
    return [`storage account key ${s}`, s];
  },
  'acr-token': (m) => {
    const s = `${m.b62(42)}+ACR${m.b62(6)}`;
    return [`unauthorized: acr password ${s}`, s];
  },
  twilio: (m) => {
    const s = join('S', 'K', m.hex(32));
    return [`twilio ${s}`, s];
  },
  digitalocean: (m) => {
    const s = join('dop', '_v1_', m.hex(64));
    return [`401 for ${s}`, s];
  },
  grafana: (m) => {
    const s = join('gl', 'sa_', m.b62(32), '_', m.hex(8));
    return [`push failed ${s}`, s];
  },
  pypi: (m) => {
    const s = join('py', 'pi-AgEIcHlwaS5vcmc', m.url64(60));
    return [`403 ${s}`, s];
  },
  shopify: (m) => {
    const s = join('sh', 'pat_', m.hex(32));
    return [`shop ${s}`, s];
  },
  databricks: (m) => {
    const s = join('da', 'pi', m.hex(32));
    return [`job ${s} failed`, s];
  },
  postman: (m) => {
    const s = join('PM', 'AK-', m.hex(24), '-', m.hex(34));
    return [`pm ${s}`, s];
  },
  atlassian: (m) => {
    const s = join('ATA', 'TT3', m.url64(100));
    return [`jira ${s}`, s];
  },
  huggingface: (m) => {
    const s = join('h', 'f_', m.b62(34));
    return [`model gated ${s}`, s];
  },
  linear: (m) => {
    const s = join('lin', '_api_', m.b62(40));
    return [`x ${s}`, s];
  },
  'opaque-40': (m) => {
    const s = m.b62(40);
    return [`server answered 500: ${s}`, s, '500'];
  },
  'opaque-hex-64': (m) => {
    const s = m.hex(64);
    return [`session opened with ${s}`, s];
  },
  'opaque-base64': (m) => {
    const s = `${m.b64(43)}=`;
    return [`unexpected value ${s} in header`, s];
  },
  'opaque-url64': (m) => {
    const s = m.url64(43);
    return [`nonce ${s} was replayed`, s];
  },
  'wrapped-base64': (m) => {
    const a = m.b64(76);
    const b = m.b64(76);
    return [`blob:\n${a}\n${b}\n${m.b64(20)}==\n\ndone`, [a, b], 'done'];
  },
  phone: (m) => {
    const s = `+49 170 ${m.digits(7)}`;
    return [`SMS to ${s} failed`, s];
  },
  card: () => ['card 4111 1111 1111 1111 declined', '4111 1111 1111 1111', 'declined'],
  'recovery-json': (m) => {
    const s = Array.from({ length: 8 }, () => m.digits(6)).join('-');
    return [`{"key":"${s}","volumeType":"1"}`, s];
  },
  'totp-seed': (m) => {
    const s = m.pick('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16);
    return [`totp_secret: ${s}`, s];
  },
  mnemonic: () => [
    'mnemonic: legal winner thank year wave sausage worth useful legal winner thank yellow',
    'sausage worth useful',
  ],
  'age-key': (m) => {
    const s = join('AGE-SECRET', '-KEY-1', m.pick('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58));
    return [s, s];
  },
  putty: (m) => {
    const s = m.b64(64);
    return [`PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n${s}\nPrivate-MAC: ${m.hex(64)}`, s];
  },
  'nats-creds': (m) => {
    const s = m.jwt();
    return [`-----BEGIN NATS USER JWT-----\n${s}\n------END NATS USER JWT------`, s.slice(20, 80)];
  },
  'german-key': (m) => {
    const s = m.b62(10);
    return [`Kennwort: ${s}`, s];
  },
  'french-key': (m) => {
    const s = m.b62(10);
    return [`mot de passe : ${s}`, s];
  },
  csrf: (m) => {
    const s = m.url64(32);
    return [`X-CSRF-Token: ${s}`, s];
  },
  'aspnet-cookie': (m) => {
    const s = m.url64(80);
    return [`.AspNetCore.Cookies=${s}`, s];
  },
  'email-encoded': (m) => {
    const s = join('lea', m.digits(3), '%40', 'example.com');
    return [`GET /v1.0/users/${s}/memberOf 404`, s, '404'];
  },
  'email-unicode': () => ['no mailbox for jörg.müller@bücher.example', 'jörg.müller', 'no mailbox'],
  'basic-alone': (m) => {
    const s = Buffer.from(`o:${m.password()}`).toString('base64');
    return [`the gateway wants Basic ${s}`, s, 'the gateway wants'];
  },
  'connection-string-name': (m) => {
    const s = m.b62(12);
    return [`connectionString = "Server=db01;Key=${s}"`, s];
  },
});
