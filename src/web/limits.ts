/** Every limit of the web. */
export const LIMITS = {
  bodyBytes: 64 * 1024,
  requestTimeoutMs: 30_000,
  /** How long requests in progress may take to finish when the server closes. */
  closeWithinMs: 5_000,
  /** Requests a minute from one address, and from one session or token. */
  requestsPerAddressPerMinute: 1200,
  requestsPerSessionPerMinute: 600,
  signInsPerAddressPerMinute: 30,
  sessionLifetimeMs: 12 * 60 * 60 * 1000,
  sessionIdleMs: 2 * 60 * 60 * 1000,
  /** How often the provider is asked whether a session's sign-in is still good, and how soon again after no answer. */
  sessionRenewEveryMs: 60 * 60 * 1000,
  sessionRenewRetryMs: 5 * 60 * 1000,
  /** How often sessions that are due for renewal are looked for. */
  sessionRenewCheckMs: 30_000,
  /** How often the last use of a session is recorded. */
  sessionTouchMs: 60_000,
  /** How often the sessions of open live streams are checked. */
  sessionCheckMs: 5_000,
  /** Persons and tokens whose names one query reads. */
  namesPerQuery: 500,
  directoryPerPage: 100,
  membersPerPage: 200,
  /** Schedules of a tenant that pages show and look at for silence. */
  schedulesShown: 500,
  scheduleTimesShown: 50,
  runsPerPage: 50,
  /** Runs that one page of a list scans for those that match its filters. */
  runsScanned: 2_000,
  /** How many such pages are scanned to find the run beside another one. */
  besideScans: 5,
  itemsPerPage: 100,
  /** Policies of a restore preview on one page, and those of one action about which the same may be said. */
  plansPerPage: 150,
  plansFolded: 500,
  historyPerPage: 100,
  findingsPerPage: 100,
  policiesPerPage: 50,
  versionsPerPage: 25,
  findingsOfPolicy: 20,
  runsOfPolicy: 10,
  setsOfPolicy: 20,
  notificationsPerPage: 50,
  backupSetsPerPage: 50,
  /** Backup sets that policies can be added to, among which a form lets choose. */
  openSetsOffered: 50,
  /** Runs that a backup set's page shows, and in which it looks for policies that are missing. */
  setRunsShown: 20,
  missingShown: 200,
  /** Policies among which a form lets choose. */
  choicesPerPage: 100,
  /** Policies that one form may choose by a filter. */
  choicesMax: 20_000,
  scopesPerPage: 20,
  /** Inventories of one selection, on its own page. */
  inventoriesPerPage: 50,
  exportsPerPage: 50,
  /** Inventories of each selection, on a page of several selections. */
  inventoriesOfScope: 10,
  /** Earlier inventories that one can be compared with. */
  baselinesOffered: 25,
  comparisonsShown: 100,
  apiPageMax: 200,
  auditEntriesPerPage: 100,
  /** Rows that an export reads in one part. */
  exportRowsPerPart: 500,
  failureRunsPerPage: 25,
  failuresPerRunShown: 5,
  /** How many of the newest failures of a group are checked to tell whether the group is fixed. */
  failuresPerGroupFollowed: 5,
  /** Events of a run that are read and folded to show the run as it was. */
  eventsFolded: 20_000,
  /** Events of a run that are counted for the filters of its history. */
  eventsCounted: 1_000,
  eventsFoldedAtOnce: 250,
  /** Marks on the time ruler of a run. */
  momentsMarked: 48,
  attemptsShown: 50,
  comparableShown: 25,
  /** Runs that are followed from a run to its first cause, and runs that are shown with the same first cause. */
  causesFollowed: 20,
  familyShown: 200,
  /** Beyond this a page shows "100+ before it". */
  queuedCounted: 100,
  /** How many of the newest runs of a type are searched for the later outcome of a failure. */
  laterRunsLookedAt: 50,
  /** How many of the newest runs of a type are read to tell how long such a run usually takes. */
  usualRunsRead: 50,
  failureGroupsShown: 100,
  /** Waits and restarts that a timeline is drawn from. */
  timelineEvents: 500,
  reasonsShown: 20,
  activeRunsShown: 5,
  relatedShown: 100,
  liveStreamsPerSession: 10,
  liveStreamsPerProcess: 2_000,
  /** Pages in one live stream: about as many windows as one person looks at. */
  liveViewsPerStream: 24,
  liveAddressCharacters: 2_000,
  /** Shortest time between two updates of one live page. */
  liveCoalesceMs: 100,
  /** Parts of live pages that are rendered at the same time; fewer than the hub's pool has connections. */
  rendersAtOnce: 4,
  /** How long a rendered part may be reused by other pages that show the same. */
  renderSharedMs: 1_000,
  rendersKept: 200,
  /** How long the state of a quiet tenant may be reused by its pages. */
  pulseSharedMs: 5_000,
  liveHeartbeatMs: 15_000,
  /** A live stream ends after about this time. The browser then connects again and its access is checked again. */
  liveStreamMs: 30 * 60_000,
  /** A stream ends when this many bytes wait for its client, or some for this long. */
  liveBufferBytes: 256 * 1024,
  liveUnreadMs: 60_000,
  /** Beyond this a page shows "99+ new". */
  newRowsCounted: 99,
  /** How long a page waits after a write for the read models, before it says that they are behind. */
  catchUpMs: 1500,
} as const;
