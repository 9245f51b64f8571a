/** Settings of the settings catalog, by area, from which the generated policies are made. */

export type DemoDefinition =
  | { readonly id: string; readonly kind: 'choice'; readonly options: number }
  | { readonly id: string; readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly id: string; readonly kind: 'text'; readonly texts: readonly string[] }
  | { readonly id: string; readonly kind: 'texts'; readonly texts: readonly string[] };

export interface DemoArea {
  readonly name: string;
  readonly templateFamily: string;
  readonly definitions: readonly DemoDefinition[];
}

const POLICY = 'device_vendor_msft_policy_config';

function choices(prefix: string, names: readonly string[], options = 2): DemoDefinition[] {
  return names.map((name) => ({ id: `${prefix}_${name}`, kind: 'choice', options }));
}

export const DEMO_AREAS: readonly DemoArea[] = [
  {
    name: 'Defender Antivirus',
    templateFamily: 'endpointSecurityAntivirus',
    definitions: [
      ...choices(`${POLICY}_defender`, [
        'allowarchivescanning',
        'allowbehaviormonitoring',
        'allowcloudprotection',
        'allowemailscanning',
        'allowrealtimemonitoring',
        'allowscriptscanning',
      ]),
      { id: `${POLICY}_defender_cloudblocklevel`, kind: 'choice', options: 5 },
      { id: `${POLICY}_defender_cloudextendedtimeout`, kind: 'integer', min: 0, max: 50 },
      { id: `${POLICY}_defender_signatureupdateinterval`, kind: 'integer', min: 1, max: 24 },
      {
        id: `${POLICY}_defender_excludedpaths`,
        kind: 'texts',
        texts: ['C:\\Build', 'C:\\ProgramData\\Backup', 'D:\\Databases', 'C:\\Windows\\SoftwareDistribution'],
      },
    ],
  },
  {
    name: 'Attack Surface Reduction',
    templateFamily: 'endpointSecurityAttackSurfaceReduction',
    definitions: [
      ...choices(
        `${POLICY}_defender_attacksurfacereductionrules`,
        [
          'blockadobereaderfromcreatingchildprocesses',
          'blockallofficeapplicationsfromcreatingchildprocesses',
          'blockcredentialstealingfromwindowslocalsecurityauthoritysubsystem',
          'blockexecutablecontentfromemailclientandwebmail',
          'blockpersistencethroughwmieventsubscription',
          'blockuntrustedunsignedprocessesthatrunfromusb',
        ],
        4,
      ),
      { id: `${POLICY}_defender_enablecontrolledfolderaccess`, kind: 'choice', options: 5 },
    ],
  },
  {
    name: 'Windows Firewall',
    templateFamily: 'endpointSecurityFirewall',
    definitions: [
      ...choices('vendor_msft_firewall_mdmstore', [
        'domainprofile_enablefirewall',
        'domainprofile_defaultinboundaction',
        'privateprofile_enablefirewall',
        'privateprofile_defaultinboundaction',
        'publicprofile_enablefirewall',
        'publicprofile_defaultinboundaction',
      ]),
      {
        id: 'vendor_msft_firewall_mdmstore_domainprofile_logmaxfilesize',
        kind: 'integer',
        min: 1024,
        max: 32767,
      },
    ],
  },
  {
    name: 'Disk Encryption',
    templateFamily: 'endpointSecurityDiskEncryption',
    definitions: [
      ...choices('device_vendor_msft_bitlocker', [
        'requiredeviceencryption',
        'allowwarningforotherdiskencryption',
        'allowstandarduserencryption',
        'systemdrivesrequirestartupauthentication',
      ]),
      { id: 'device_vendor_msft_bitlocker_encryptionmethodbydrivetype', kind: 'choice', options: 4 },
      { id: 'device_vendor_msft_bitlocker_systemdrivesminimumpinlength', kind: 'integer', min: 4, max: 20 },
    ],
  },
  {
    name: 'Edge Security',
    templateFamily: 'none',
    definitions: [
      ...choices(`${POLICY}_microsoft_edge~policy~microsoft_edge`, [
        'smartscreenenabled',
        'passwordmanagerenabled',
        'siteperprocess',
        'preventsmartscreenpromptoverride',
        'browsersigninmode',
      ]),
      {
        id: `${POLICY}_microsoft_edge~policy~microsoft_edge~extensions_extensioninstallallowlist`,
        kind: 'texts',
        texts: [
          'odfafepnkmbhccpbejgmiehpchacaeak',
          'aeblfdkhhhdcdjpifhhbdiojplfjncoa',
          'ndjpnladcallmjemlbaebfadecfhkepb',
        ],
      },
      {
        id: `${POLICY}_microsoft_edge~policy~microsoft_edge~startup_homepagelocation`,
        kind: 'text',
        texts: ['https://intranet.example.com', 'https://start.example.com', 'about:blank'],
      },
    ],
  },
  {
    name: 'Windows Hello for Business',
    templateFamily: 'endpointSecurityAccountProtection',
    definitions: [
      ...choices('device_vendor_msft_passportforwork', [
        'usepassportforwork',
        'requiresecuritydevice',
        'enablepinrecovery',
      ]),
      {
        id: 'device_vendor_msft_passportforwork_pincomplexity_minimumpinlength',
        kind: 'integer',
        min: 4,
        max: 12,
      },
      {
        id: 'device_vendor_msft_passportforwork_pincomplexity_expiration',
        kind: 'integer',
        min: 0,
        max: 365,
      },
    ],
  },
  {
    name: 'Local Administrator Password',
    templateFamily: 'endpointSecurityAccountProtection',
    definitions: [
      { id: 'device_vendor_msft_laps_policies_backupdirectory', kind: 'choice', options: 3 },
      { id: 'device_vendor_msft_laps_policies_passwordagedays', kind: 'integer', min: 7, max: 60 },
      { id: 'device_vendor_msft_laps_policies_passwordcomplexity', kind: 'choice', options: 5 },
      { id: 'device_vendor_msft_laps_policies_passwordlength', kind: 'integer', min: 12, max: 32 },
      {
        id: 'device_vendor_msft_laps_policies_postauthenticationresetdelay',
        kind: 'integer',
        min: 0,
        max: 24,
      },
    ],
  },
  {
    name: 'Device Lock',
    templateFamily: 'none',
    definitions: [
      ...choices(`${POLICY}_devicelock`, [
        'devicepasswordenabled',
        'allowsimpledevicepassword',
        'preventlockscreenslideshow',
      ]),
      { id: `${POLICY}_devicelock_maxinactivitytimedevicelock`, kind: 'integer', min: 1, max: 60 },
      { id: `${POLICY}_devicelock_mindevicepasswordlength`, kind: 'integer', min: 6, max: 16 },
    ],
  },
  {
    name: 'Office Security',
    templateFamily: 'none',
    definitions: [
      ...choices(
        'user_vendor_msft_policy_config_office16v2~policy~l_microsoftofficesystem~l_securitysettings',
        [
          'l_disableallactivex',
          'l_automationsecurity',
          'l_macroruntimescanscope',
          'l_suppresshyperlinkwarnings',
        ],
      ),
      ...choices('user_vendor_msft_policy_config_excel16v2~policy~l_microsoftofficeexcel', [
        'l_blockmacrosfrominternet',
        'l_protectedviewinternetfiles',
      ]),
    ],
  },
  {
    name: 'OneDrive',
    templateFamily: 'none',
    definitions: [
      ...choices(`${POLICY}_onedrivengscv2~policy~onedrivengsc`, [
        'kfmsilentoptin',
        'filesondemandenabled',
        'silentaccountconfig',
        'blockexternalsync',
      ]),
      {
        id: `${POLICY}_onedrivengscv2~policy~onedrivengsc_kfmsilentoptin_tenantid`,
        kind: 'text',
        texts: ['0f1e2d3c-4b5a-4968-8776-655443322110', '1a2b3c4d-5e6f-4a0b-8c1d-2e3f4a5b6c7d'],
      },
    ],
  },
];

export const DEMO_VARIANTS: readonly string[] = [
  'Baseline',
  'Pilot ring',
  'Kiosks',
  'Privileged workstations',
];

export const DEMO_GROUPS: readonly string[] = [
  'Devices - All Windows',
  'Devices - Pilot',
  'Devices - Kiosks',
  'Devices - Privileged workstations',
  'Devices - Shared',
  'Users - All employees',
  'Users - Finance',
  'Users - Engineering',
  'Users - Early adopters',
  'Users - Break glass (excluded)',
];
