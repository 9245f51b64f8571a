import type { ProductDraft } from '../../src/program/product-events.js';
import { PERSON, TENANT } from './decider-spec.js';

type DataOf<Type extends ProductDraft['type']> = Extract<ProductDraft, { type: Type }>['data'];

const RUN = `${'1'.repeat(32)}-0`;
const BASELINE = `${'2'.repeat(32)}-0`;
const CURRENT = `${'2'.repeat(32)}-7`;
const SCOPE_KEY = 'ab'.repeat(16);
const POLICY = '33333333-3333-4333-8333-333333333333';
const GROUP = '0a0a0a0a-0000-4000-8000-000000000001';
const TOKEN = '44444444-4444-4444-8444-444444444444';
const COUNTS = { total: 3, processed: 3, succeeded: 1, failed: 1, skipped: 1 };

const SUBJECT_OF_EFFECT = '7a1d3c4b-0000-4000-8000-0000000000e1';
const EFFECT = {
  itemId: 'policy/4be0a1',
  action: 'create',
  tryNumber: 1,
  clientRequestId: '7a1d3c4b-0000-5000-8000-0000000000e2',
} as const;

const EVIDENCE = {
  settingsAdded: [{ path: 'connectAutomatically', label: null, values: ['true'] }],
  settingsRemoved: [{ path: 'proxyManualPort', label: 'Port', values: ['8080'] }],
  settingsChanged: [
    {
      path: 'preSharedKey',
      label: null,
      before: ['"[masked]"'],
      after: ['"[masked]"'],
      words: ['secret'],
      at: null,
      unchanged: 0,
    },
    {
      path: 'ssid',
      label: 'Network name',
      before: ['"Guests"'],
      after: ['"Guests⟨U+200B⟩"'],
      words: ['looks_alike'],
      at: { character: 7, line: 1, before: null, after: 'U+200B' },
      unchanged: 3,
    },
  ],
  assignmentsAdded: ['all devices'],
  assignmentsRemoved: ['all users'],
  assignmentsChanged: [
    {
      target: 'group 0a0a0a0a-0000-4000-8000-000000000001',
      parts: [{ name: 'intent', before: null, after: 'apply' }],
    },
  ],
  assignmentsLookAlike: true,
  withheld: ['omaSettings/./Vendor/MSFT/WiFi/value'],
  notCompared: ['rootCertificatesForServerValidation'],
  omitted: 2,
} satisfies DataOf<'FindingsDetected'>['findings'][number]['evidence'];

/** One event of each type with every field in use. A new type needs a sample here. */
export const EVENT_SAMPLES: { readonly [Type in ProductDraft['type']]: DataOf<Type> } = {
  LedgerCreated: { ledgerId: TENANT },
  RunQueued: {
    type: 'inventory.sync',
    definitionVersion: 1,
    scope: { scopeKey: SCOPE_KEY },
    context: { selection: { policyTypes: ['deviceConfigurations'] }, scopeKey: SCOPE_KEY },
    initiator: { kind: 'member', personId: PERSON },
    total: null,
    input: { policyTypes: ['deviceConfigurations'] },
    causedBy: { runId: RUN, relation: 'started_again' },
    related: [{ relation: 'baseline', kind: 'run', id: BASELINE, label: 'Baseline inventory' }],
    title: 'Inventory of device configuration',
  },
  RunStarted: { attempt: 1, worker: 'worker-1' },
  RunReleased: { attempt: 1, reason: 'The worker is stopping.' },
  RunTotalSet: { total: 3 },
  RunItemsRepeated: {
    from: [
      {
        runId: BASELINE,
        ordinals: [
          [1, 40],
          [43, 43],
        ],
      },
    ],
    subjects: [{ type: 'deviceConfigurations', items: 41 }],
  },
  RunItemsRecorded: {
    items: [
      {
        itemId: 'deviceConfigurations',
        label: 'Device configuration',
        outcome: 'succeeded',
        subject: null,
        reasonCode: null,
        reason: null,
      },
      {
        itemId: `deviceConfigurations/${POLICY}`,
        label: 'Wi-Fi for guests',
        outcome: 'failed',
        subject: { type: 'deviceConfigurations', id: POLICY },
        reasonCode: 'graph_forbidden',
        reason: 'GET deviceManagement/deviceConfigurations: 403 Forbidden, password [redacted:password]',
      },
      {
        itemId: 'intents/5',
        label: 'Disk encryption',
        outcome: 'skipped',
        subject: { type: 'intents', id: '5' },
        reasonCode: 'not_comparable',
        reason: 'Endpoint security was not read completely in the baseline inventory (graph_forbidden).',
      },
    ],
  },
  RunWaiting: {
    reasonCode: 'graph_throttled',
    until: '2026-01-05T08:00:30.000Z',
    reason: 'Graph asks to wait 30 s.',
  },
  RunProgressNoted: { note: 'Reading compliance policies' },
  EffectIntended: { ...EFFECT, details: { name: 'Baseline', subject: SUBJECT_OF_EFFECT } },
  EffectSettled: {
    ...EFFECT,
    outcome: 'applied',
    lookedUp: true,
    result: { id: SUBJECT_OF_EFFECT },
    reasonCode: null,
    reason: null,
  },
  RunCompleted: {
    counts: COUNTS,
    related: [{ relation: 'produced', kind: 'inventory', id: SCOPE_KEY, label: 'device configuration' }],
    summary: '1 policy read, 1 not readable',
  },
  RunFailed: { reasonCode: 'budget_exceeded', reason: 'It took longer than it may.', counts: COUNTS },
  RunAborted: {
    reasonCode: 'worker_lost',
    reason: 'The worker disappeared 3 times; the run is not taken over again.',
    counts: { ...COUNTS, total: null },
  },
  RunAsked: {
    runId: RUN,
    type: 'drift.generate',
    initiator: { kind: 'api', clientId: TOKEN, name: 'Nightly checks' },
  },
  InventoryItemsObserved: {
    scopeKey: SCOPE_KEY,
    rulesVersion: 2,
    policies: [
      {
        itemId: `deviceConfigurations/${POLICY}`,
        policyType: 'deviceConfigurations',
        policyId: POLICY,
        name: 'Wi-Fi for guests',
        nameHash: 'c4'.repeat(32),
        artifact: 'c1'.repeat(32),
        contentHash: 'c2'.repeat(32),
        assignmentsHash: 'c3'.repeat(32),
        settingCount: 12,
        lastModified: '2026-01-04T17:20:11.1234567Z',
        sets: [0],
        groups: [GROUP],
      },
    ],
    settings: [{ path: 'wiFiSecurityType', label: null }],
    unread: [{ itemId: 'deviceConfigurations/without an id, 1', nameHash: 'c5'.repeat(32) }],
  },
  FindingsDetected: {
    scopeKey: SCOPE_KEY,
    baselineRunId: BASELINE,
    currentRunId: CURRENT,
    rulesVersion: 2,
    findings: [
      {
        itemId: `deviceConfigurations/${POLICY}`,
        fingerprint: 'd4'.repeat(16),
        formerFingerprints: ['d7'.repeat(16)],
        kind: 'changed',
        policyType: 'deviceConfigurations',
        subjectId: POLICY,
        subjectIdBefore: TOKEN,
        name: 'Wi-Fi for guests',
        nameBefore: 'Wi-Fi',
        recreated: true,
        counterparts: [{ fingerprint: 'd8'.repeat(16), policyType: 'intents', subjectId: POLICY }],
        contentHashBefore: 'd5'.repeat(32),
        contentHashAfter: 'd6'.repeat(32),
        evidence: EVIDENCE,
      },
    ],
  },
  RestorePlanned: {
    setId: '5e700000-0000-4000-8000-000000000001',
    rulesVersion: 3,
    directory: { baseUrl: 'https://graph.microsoft.com', directoryId: POLICY },
    policies: [
      {
        itemId: '3'.repeat(32),
        snapshot: `${'3'.repeat(32)}-2`,
        policyType: 'deviceConfigurations',
        policyId: POLICY,
        name: 'Wi-Fi for guests',
        action: 'recreated',
        liveId: TOKEN,
        liveHashes: { contentHash: 'e6'.repeat(32), assignmentsHash: 'e7'.repeat(32) },
        includes: { assignments: true, scopeTags: false },
        rank: 100,
        writes: 2,
        limits: [
          {
            kind: 'secret_withheld',
            field: 'preSharedKey',
            reason: 'Graph withheld the secret when the policy was captured.',
            blocks: true,
          },
        ],
        references: [
          {
            kind: 'group',
            id: POLICY,
            name: 'Guests',
            nameHash: 'ab'.repeat(32),
            becomes: TOKEN,
            resolution: 'mapped',
          },
          { kind: 'scope_tag', id: '4', name: null, nameHash: null, becomes: null, resolution: 'missing' },
        ],
        referencesDigest: 'a1b2c3d400000000',
        evidence: EVIDENCE,
      },
    ],
  },
  RestoreApplied: {
    dryRun: false,
    policies: [
      {
        itemId: '3'.repeat(32),
        policyType: 'deviceConfigurations',
        policyId: POLICY,
        name: 'Wi-Fi for guests',
        action: 'updated',
        liveId: TOKEN,
        writes: 2,
        before: `${'3'.repeat(32)}-4`,
      },
    ],
  },
  SnapshotCaptured: {
    policyType: 'deviceConfigurations',
    policyId: POLICY,
    name: 'Wi-Fi for guests',
    nameHash: 'e1'.repeat(32),
    artifact: 'e2'.repeat(32),
    contentHash: 'e3'.repeat(32),
    assignmentsHash: 'e4'.repeat(32),
    rulesVersion: 3,
    references: 'e5'.repeat(32),
    withheld: { count: 1, places: ['omaSettings/./Vendor/MSFT/WiFi/value'] },
    bytes: 4_096,
  },
  ExportWritten: {
    fileName: 'contoso-policies-20260503-0705.zip',
    bytes: 1_048_577,
    policies: 40,
    missing: 1,
    endsAt: '2026-05-10T07:05:00.000Z',
  },
  PoliciesExported: {
    policies: [
      {
        itemId: `deviceConfigurations/${POLICY}`,
        policyType: 'deviceConfigurations',
        policyId: POLICY,
        name: 'Wi-Fi for guests',
        snapshot: `${'3'.repeat(32)}-2`,
        artifact: 'e2'.repeat(32),
        references: 'e5'.repeat(32),
        without: ['scope_tags'],
      },
    ],
  },
  BackupSetCreated: {
    name: 'Before the change of Wi-Fi',
    origin: { kind: 'schedule', scheduleId: TOKEN, name: 'Every night' },
  },
  BackupSetRenamed: { name: 'Before the new Wi-Fi' },
  BackupItemsAdded: {
    options: { includeAssignments: true, includeScopeTags: false },
    items: [{ snapshot: `${'3'.repeat(32)}-2`, bytes: 4_096, withheld: 1 }],
  },
  BackupSetExpired: { reason: 'The change went well' },
  GroupMappingSet: {
    changes: [
      { kind: 'group', id: POLICY, name: 'Guests', becomes: { id: TOKEN, name: 'Guests of the house' } },
      { kind: 'scope_tag', id: '4', name: 'Berlin', becomes: null },
    ],
  },
  FindingAcknowledged: { note: 'Agreed with the tenant' },
  FindingReopened: { note: null },
  TenantRegistered: { slug: 'contoso', name: 'Contoso' },
  MemberAdded: { personId: PERSON, role: 'operator' },
  MemberRoleChanged: { personId: PERSON, role: 'manager', roleBefore: 'operator' },
  MemberRemoved: { personId: PERSON },
  AccessGranted: { personId: PERSON, role: 'auditor' },
  AccessRevoked: { personId: PERSON, role: 'support' },
  ConnectionChecked: {
    credentialId: '33333333-3333-4333-8333-333333333333',
    roles: ['DeviceManagementConfiguration.Read.All'],
    consentAddress:
      'https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/adminconsent?client_id=22222222-2222-4222-8222-222222222222',
  },
  GraphConnectionSet: {
    baseUrl: 'https://graph.microsoft.com/beta',
    signIn: {
      directoryId: '11111111-1111-4111-8111-111111111111',
      clientId: '22222222-2222-4222-8222-222222222222',
      cloud: 'worldwide',
      authority: null,
      credential: {
        id: '33333333-3333-4333-8333-333333333333',
        kind: 'certificate',
        thumbprint: '0123456789ABCDEF0123456789ABCDEF01234567',
        endsAt: '2027-01-05T08:00:00.000Z',
        assertionAlgorithm: 'RS256',
      },
    },
  },
  GraphConnectionRemoved: {},
  ApiTokenIssued: {
    tokenId: TOKEN,
    name: 'Nightly inventory',
    capabilities: ['hub.read', 'runs.start'],
    expiresAt: '2027-01-05T08:00:00.000Z',
  },
  ApiTokenRevoked: { tokenId: TOKEN },
  NotificationRead: { notificationIds: [`${RUN}:queued`, '*'] },
  SettingsChanged: { timeZone: 'Europe/Berlin' },
  DirectorySearched: { groupId: TOKEN },
  HistoryAccepted: { seenTo: 11_340, endedAt: 3_618 },
  ExportDownloaded: { what: 'run history', format: 'jsonl', subject: RUN, rows: 41 },
  ViewSaved: { viewId: TOKEN, name: 'Failed today', query: 'bucket=failed&last=24h' },
  ViewRemoved: { viewId: TOKEN },
  DefaultViewChosen: { viewId: TOKEN },
  BackupSetUsed: { runId: RUN },
  BackupSetUsedByOtherTenant: {
    runId: RUN,
    otherTenantId: TOKEN,
    name: 'Before the change',
    use: 'preview',
  },
  BackupSetRestoredToOtherTenant: {
    runId: RUN,
    otherTenantId: TOKEN,
    name: 'Before the change',
    succeeded: 3,
    skipped: 1,
    failed: 0,
  },
  ScheduleSet: {
    name: 'Nightly inventory',
    operationType: 'inventory.sync',
    given: { policyTypes: ['deviceConfigurations'] },
    cron: '0 2 * * *',
    zone: 'Europe/Berlin',
    missed: 'make_up_once',
  },
  SchedulePaused: { reason: 'The tenant is being moved.' },
  ScheduleResumed: {},
  ScheduleRemoved: {},
  DueTimeTaken: { dueAt: '2026-11-26T01:00:00.000Z', late: true },
  ScheduleStartedByHand: {
    dueAt: '2026-11-26T09:30:00.000Z',
    runId: RUN,
    joined: false,
    initiator: { kind: 'member', personId: PERSON },
  },
  DueTimeStarted: { dueAt: '2026-11-26T01:00:00.000Z', runId: RUN, joined: true },
  DueTimeRefused: {
    dueAt: '2026-11-26T01:00:00.000Z',
    reasonCode: 'not_connected',
    message: 'This tenant has no connection to Microsoft Graph.',
    runId: RUN,
  },
  DueTimesMissed: {
    from: '2026-11-24T01:00:00.000Z',
    through: '2026-11-25T01:00:00.000Z',
    count: 2,
    atLeast: true,
  },
  PersonSettingsChanged: { timeZone: 'Asia/Kathmandu', singleKeys: false },
  GroupPageRead: {
    round: 1,
    page: 2,
    whole: true,
    source: '11111111-1111-4111-8111-111111111111',
    content: 'zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMw',
  },
  DirectoryObjectsObserved: {
    kind: 'group',
    present: [
      {
        id: POLICY,
        name: 'Devices - Pilot',
        nameHash: 'a1'.repeat(32),
        type: 'security',
        dynamic: true,
        onPremises: false,
      },
    ],
    removed: [TOKEN],
  },
  DirectorySynced: {
    sections: {
      group: {
        index: 'b2'.repeat(32),
        newParts: ['c3'.repeat(32)],
        objects: 1,
        readAt: '2026-01-05T08:00:00.000Z',
        runId: RUN,
        source: '11111111-1111-4111-8111-111111111111',
        link: { artifact: 'd4'.repeat(32), issuedAt: '2026-01-05T08:00:00.000Z' },
      },
      assignment_filter: null,
      scope_tag: null,
    },
  },
};
