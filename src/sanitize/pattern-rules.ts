import { matchesOf } from './matches-of.js';
import type { RuleName } from './rules.js';
import type { Span } from './span.js';

/** A token begins here only if no letter or digit is before it; otherwise it is the end of an identifier. */
const START = '(?<![A-Za-z0-9])';

/**
 * Secrets with a form of their own. Every pattern runs in linear time: it has a fixed beginning, and its classes
 * don't overlap with what follows them. Lengths are minimums, because error texts cut tokens off.
 */
const FORMS: ReadonlyArray<readonly [RuleName, string]> = [
  ['jwt', 'ey[JIA][\\w-]{8,}(?:\\.[\\w-]*){0,5}'],
  ['entra-token', '(?<!\\.)[01]\\.A(?=[\\w.-]{0,64}\\d)[\\w.-]{18,}'],
  ['entra-token', 'M\\.[A-Z]\\d{0,3}_[A-Z0-9]{2,8}\\.[\\w!*$.-]{8,}'],
  ['entra-token', '[A-Z]?AQAB[\\w-]{20,}'],
  ['entra-token', 'Ew[A-Z][A-Za-z0-9]A[\\w+/=]{30,}'],
  ['entra-secret', '[\\w~.-]{3}\\dQ~[\\w~.-]{20,40}'],
  ['aws', '(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AROA|AIPA|ANPA|ANVA|AIDA)[A-Z0-9]{12,}'],
  ['aws', 'ABSK[\\w+/]{40,}={0,2}|bedrock-api-key-[\\w=+/-]{16,}|amzn\\.mws\\.[0-9a-f-]{30,}'],
  ['aws', '(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[\\w+/=%]{16,}'],
  ['gcp', 'AIza[\\w-]{20,}|ya29\\.[\\w.-]{8,}|GOCSPX-[\\w-]{8,}|1//0[\\w-]{16,}|4/0A[\\w-]{16,}'],
  ['github', 'gh[pousr]_[A-Za-z0-9]{8,}|github_pat_\\w{10,}|ghs_[\\w.-]{8,}'],
  ['gitlab', 'gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct|rtr|tr)-[\\w.-]{8,}|GR1348941[\\w-]{8,}'],
  ['slack', 'xox[a-z](?:\\.xox[a-z])?-[\\w-]{6,}|xapp-\\d-[\\w-]{8,}'],
  ['slack', 'hooks\\.slack(?:-gov)?\\.com/(?:services|workflows|triggers)/[\\w/-]{8,}'],
  ['stripe', '(?:sk|rk|pk)_(?:test|live|prod)_[A-Za-z0-9]{6,}|whsec_[\\w+/=]{12,}'],
  ['npm', 'npm_[A-Za-z0-9]{12,}'],
  ['ai-key', 'sk-(?:ant|proj|svcacct|admin|or|lf|None)-[\\w-]{8,}|sk-[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{16,}'],
  ['ai-key', '(?:pplx|xai|nvapi|fw|csk)-[\\w-]{16,}|(?:gsk|r8)_[A-Za-z0-9]{20,}|api_org_[A-Za-z]{16,}'],
  [
    'azure-key',
    '(?<!sha512-)[A-Za-z0-9+/]{86}==|[A-Za-z0-9+/_-]{40,120}(?:AzFu|AzSe|AzCa|AzSE|ACDb|ACR|AStE?|APIM|AZDO|AIoT|AEhD|ARmD)[\\w+/-]{4,}={0,2}',
  ],
  [
    'azure-key',
    '[A-Za-z0-9]{20,}JQQJ99[\\w]{8,}|(?<!sha256-|[Pp]ublic[ _-]?[Kk]ey["\']?\\s?[:=]\\s?["\']?)(?=[A-Za-z+/]{0,42}\\d)[A-Za-z0-9+/]{43}=(?=[;"\'\\s&,]|$)|(?=[a-z]{0,51}[2-7])[a-z2-7]{52}(?![A-Za-z0-9])',
  ],
  ['private-key', 'S[UANOCX][A-Z2-7]{54,58}(?![A-Za-z0-9])|AGE-SECRET-KEY-1[A-Z0-9]{8,}'],
  [
    'ssh-key',
    '(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-[\\w-]{6,20}|sk-ssh-[\\w@.-]{6,40})\\s+AAAA[\\w+/=]{8,}|AAAA[BCE]3Nza[\\w+/=]{8,}',
  ],
  ['certificate', 'MI[A-P][A-Za-z0-9+/_-]{40,}={0,2}'],
  [
    'password',
    '\\$(?:1|2[abxy]?|5|6|7|8|9|y|gy|apr1|md5|sha1|argon2\\w{0,2}|pbkdf2[\\w-]{0,12}|scrypt|krb5\\w{0,8})\\$[\\w.,/+=$*-]{10,}',
  ],
  ['password', 'SCRAM-SHA-\\d{1,3}\\$\\d{1,6}:[\\w+/=$:]{16,}'],
  ['password', '(?<=::[\\w.-]{0,32}:)[0-9a-f]{16}:[0-9a-f]{32}:[0-9a-f]{8,}'],
  ['recovery-password', '\\d{6}(?:[- ]\\d{6}){7}(?!\\d)'],
  ['vendor-token', '<(?:[0-9a-f]{8} ){7}[0-9a-f]{8}>'],
  ['otp', 'otpauth(?:-migration)?://[^\\s"\'<>]+'],
  ['wifi-key', 'WIFI:[^\\s"\']{0,99}?[TSHP]:[^\\n"\']+'],
  [
    'vendor-token',
    '(?:glsa|glc|lin_api|lin_oauth|ntn|rdme|pnu|sntryu|sntrys|dckr_pat|dckr_oat|figd|sbp|tfp|rubygems|vercel|tskey|sgp|pscale_\\w{2,6}|shp(?:at|ca|pa|ss)|do[opr]_v1|sm_[asp]at|shippo_\\w{4}|duffel_\\w{4})_[\\w+/=.-]{16,}',
  ],
  [
    'vendor-token',
    'hv[sbr]\\.[\\w-]{16,}|s\\.[A-Za-z0-9]{24}(?![\\w.])|dp\\.(?:pt|st|ct|sa)\\.[\\w.]{16,}|dt0[cs]\\d{2}\\.[\\w.]{16,}|[A-Za-z0-9]{14}\\.atlasv1\\.[\\w=-]{16,}',
  ],
  [
    'vendor-token',
    'SG\\.[\\w=-]{8,}\\.[\\w=-]{8,}|key-[0-9a-f]{32}|[0-9a-f]{32}-us\\d{1,2}|SK[0-9a-f]{32}|PMAK-[0-9a-f-]{16,}|pypi-[\\w-]{16,}|xkeysib-[\\w-]{16,}',
  ],
  [
    'vendor-token',
    'dapi[0-9a-f]{32}|NR(?:AK|II|JS|RA)-[\\w-]{12,}|AT[AC]TT3[\\w=-]{16,}|AKCp[A-Za-z0-9]{16,}|EAA[A-Z][A-Za-z0-9]{24,}|sq0(?:atp|csp|idp)-[\\w-]{12,}|EAAA[\\w-]{22,}',
  ],
  [
    'vendor-token',
    'pul-[0-9a-f]{32,}|ops_eyJ[\\w+/=]{16,}|A3-[A-Z0-9]{6}-[A-Z0-9-]{20,}|sha256~[\\w-]{16,}|API-[A-Z0-9]{26}|HRKU-[\\w-]{16,}|tk-us-[\\w-]{16,}|ico-[A-Za-z0-9]{32}|fo1_[\\w-]{16,}|fm\\d[ar]?_[\\w+/=]{32,}|CFPAT-[\\w-]{16,}|tskey-[\\w-]{12,}|PAT-[A-Za-z0-9]{20,}|LTAI[A-Za-z0-9]{12,}|AKID[A-Za-z0-9]{12,}|EZ[AT]K[A-Za-z0-9]{16,}|[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk',
  ],
  ['vendor-token', '[MNO][\\w-]{23,27}\\.[\\w-]{6}\\.[\\w-]{20,}|\\d{8,10}:A[A-Z][\\w-]{30,}'],
  [
    'vendor-token',
    'webhook\\.office\\.com/webhookb2/[\\w@/-]{8,}|discord(?:app)?\\.com/api/webhooks/\\d+/[\\w-]{8,}',
  ],
  ['binary', '<Buffer(?: [0-9a-f]{2})+(?: \\.{3} \\d+ more bytes?)?>'],
  ['binary', '(?:Uint8|Int8|Uint8Clamped|Uint16|Uint32)Array\\(\\d+\\) ?\\[[\\d,\\s.a-z]*\\]?'],
  ['binary', '\\{\\s*"type"\\s*:\\s*"Buffer"\\s*,\\s*"data"\\s*:\\s*\\[[\\d,\\s]*(?:\\]\\s*\\}?)?'],
  ['phone', '(?<![\\w.+-])\\+\\d(?:[ ().-]{0,2}\\d){8,14}(?!\\d)'],
];

const BY_FORM = Array.from(new Set(FORMS.map(([rule]) => rule)), (rule) => {
  const sources = FORMS.filter(([name]) => name === rule).map(([, source]) => source);
  return [rule, new RegExp(`${START}(?:${sources.join('|')})`, 'g')] as const;
});

/**
 * Texts without which a rule's forms can't match, so that the search is skipped. Rules without an entry are always
 * searched.
 */
const HINTS: Partial<Record<RuleName, readonly string[]>> = {
  jwt: ['eyJ', 'eyI', 'eyA'],
  aws: 'A3T AKIA ASIA ABIA ACCA AGPA AROA AIPA ANPA ANVA AIDA ABSK bedrock-api amzn.mws IQoJb3 FwoGZX FQoGZX'.split(
    ' ',
  ),
  'ai-key': 'sk- hf_ pplx- xai- nvapi- fw- csk- gsk_ r8_ api_org_'.split(' '),
  gcp: ['AIza', 'ya29', 'GOCSPX', '1//0', '4/0A'],
  github: ['gh', 'github_pat'],
  gitlab: ['gl', 'GR13'],
  slack: ['xox', 'xapp', 'hooks.slack'],
  stripe: ['k_', 'whsec'],
  npm: ['npm_'],
  'entra-secret': ['Q~'],
  'ssh-key': ['AAAA'],
  certificate: ['MI'],
  otp: ['otpauth'],
  'wifi-key': ['WIFI:'],
  binary: ['Buffer', 'Array('],
  password: ['$', '::'],
  phone: ['+'],
};

/** Azure's keys have no fixed beginning, so only texts with a token of their length are searched. */
const LONG_TOKEN = /[A-Za-z0-9+/_-]{43}/;

const PEM_BEGIN = /-{2,5}\s?BEGIN ([A-Z0-9 ]{1,60}?)\s?-{2,5}/g;
const PEM_END = /-{2,5}\s?END [A-Z0-9 ]{1,60}-{0,5}/g;
/** What follows the beginning of a block that is cut off, unless the text only speaks of it. */
const PEM_CONTENT = /^(?:\\+[nr]|[\s"'+>|])*(?:$|[A-Za-z0-9+/=]{12,}|[A-Z][\w-]{2,20}: )/;
const HEADLESS_REACH = 16_384;

/** Finds secrets by their own form, anywhere in the text. */
export function findKnownForms(text: string, add: (span: Span) => void): void {
  const isLong = LONG_TOKEN.test(text);
  for (const [rule, pattern] of BY_FORM) {
    if (rule === 'azure-key' && !isLong) continue;
    if (HINTS[rule]?.every((hint) => !text.includes(hint))) continue;
    for (const match of matchesOf(text, pattern))
      add({ start: match.index, end: match.index + match[0].length, rule });
  }
  findProductKeys(text, add);
  findPem(text, add);
}

/** The four groups after the first of a Windows product key. Beginning with the hyphen makes the search fast. */
const PRODUCT_KEY_TAIL = /(?:-[A-Z\d]{5}){4}(?![\w-])/g;

function findProductKeys(text: string, add: (span: Span) => void): void {
  if (!text.includes('-')) return;
  for (const match of matchesOf(text, PRODUCT_KEY_TAIL)) {
    const start = match.index - 5;
    const key = text.slice(Math.max(0, start), match.index + match[0].length);
    if (start < 0 || !/^[A-Z\d]{5}-/.test(key) || !/\d/.test(key) || !/[A-Z]/.test(key)) continue;
    if (!/[\w-]/.test(text.charAt(start - 1))) add({ start, end: start + key.length, rule: 'key' });
  }
}

/** Finds PEM blocks: whole ones, those without an end (up to the text's end), and those without a beginning. */
function findPem(text: string, add: (span: Span) => void): void {
  if (!/-{2} ?(?:BEGIN|END) /.test(text)) return;
  let covered = 0;
  let isCutOff = false;
  for (const begin of matchesOf(text, PEM_BEGIN)) {
    if (begin.index < covered) continue;
    const content = begin.index + begin[0].length;
    PEM_END.lastIndex = begin.index;
    // Once no end was found, there is none after later beginnings either.
    const end: RegExpExecArray | null = isCutOff ? null : PEM_END.exec(text);
    isCutOff = end === null;
    if (isCutOff && !PEM_CONTENT.test(text.slice(content, content + 240))) continue;
    covered = end ? end.index + end[0].length : text.length;
    add({
      start: begin.index,
      end: covered,
      rule: /CERTIFICATE|PUBLIC/.test(begin[1] ?? '') ? 'certificate' : 'private-key',
    });
  }
  let reached = 0;
  for (const end of matchesOf(text, PEM_END)) {
    let start = end.index;
    const reach = Math.max(reached, end.index - HEADLESS_REACH);
    while (start > reach && /[\w+/=\n\\.-]/.test(text.charAt(start - 1))) start--;
    reached = end.index + end[0].length;
    // A text that only speaks of the end of a block has nothing before it.
    if (start === end.index) continue;
    add({ start, end: end.index + end[0].length, rule: 'private-key' });
  }
}
