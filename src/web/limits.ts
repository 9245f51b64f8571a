/** Every limit of the web in one place, with its unit in the name. */
export const LIMITS = {
  bodyBytes: 64 * 1024,
  requestTimeoutMs: 30_000,
  /** How long a server that closes lets requests under way finish. */
  closeWithinMs: 5_000,
  /** Requests a minute from one address, and from one session or token. */
  requestsPerAddressPerMinute: 1200,
  requestsPerSessionPerMinute: 600,
  signInsPerAddressPerMinute: 30,
  sessionLifetimeMs: 12 * 60 * 60 * 1000,
  sessionIdleMs: 2 * 60 * 60 * 1000,
  /** How often a session in use is marked as seen. */
  sessionTouchMs: 60_000,
  /** How often the sessions of open live streams are checked. */
  sessionCheckMs: 5_000,
  /** Persons whose names are asked for at once. */
  namesPerQuery: 500,
  membersPerPage: 200,
  runsPerPage: 50,
  itemsPerPage: 100,
  historyPerPage: 100,
  findingsPerPage: 100,
  notificationsPerPage: 50,
  scopesPerPage: 20,
  /** Of one selection, on its own page. */
  inventoriesPerPage: 50,
  /** Of each selection, on a page of several. */
  inventoriesOfScope: 10,
  /** Earlier inventories that one can be compared with. */
  baselinesOffered: 25,
  comparisonsShown: 100,
  apiPageMax: 200,
  auditEntriesPerPage: 100,
  /** Rows that an export reads at once. */
  exportRowsPerPart: 500,
  failureRunsPerPage: 25,
  failuresPerRunShown: 5,
  /** Newest failures of a group by which it is told whether it is fixed. */
  failuresPerGroupFollowed: 5,
  /** Events of a run that are folded to show it as it stood, and read at once for that. */
  eventsFolded: 20_000,
  eventsFoldedAtOnce: 250,
  /** Marks on the ruler of a run. */
  momentsMarked: 48,
  attemptsShown: 50,
  comparableShown: 25,
  /** Causes followed from one run to another, and runs shown of those that share a first cause. */
  causesFollowed: 20,
  familyShown: 200,
  /** "100+ before it" beyond this. */
  queuedCounted: 100,
  /** Newest runs of a type in which the successor of a failure is looked for. */
  laterRunsLookedAt: 50,
  failureGroupsShown: 100,
  /** Waits and restarts that a timeline is drawn from. */
  timelineEvents: 500,
  reasonsShown: 20,
  activeRunsShown: 5,
  relatedShown: 100,
  liveStreamsPerSession: 10,
  liveStreamsPerProcess: 2_000,
  /** Pages that one live stream shows: as many as a person has windows to look at. */
  liveViewsPerStream: 24,
  liveAddressCharacters: 2_000,
  /** Shortest time between two updates of one live page. */
  liveCoalesceMs: 100,
  /** Parts of live pages that are made at the same time: below the connections of the hub's pool. */
  rendersAtOnce: 4,
  /** How long a part is good for other pages that show the same. */
  renderSharedMs: 1_000,
  rendersKept: 200,
  /** How long what is known of a quiet tenant is good for its pages. */
  pulseSharedMs: 5_000,
  liveHeartbeatMs: 15_000,
  /** A live stream ends after about this; the browser connects again and is authorised anew. */
  liveStreamMs: 30 * 60_000,
  /** Bytes waiting for a client that doesn't read before its stream is ended. */
  liveBufferBytes: 256 * 1024,
  /** "99+ new" beyond this. */
  newRowsCounted: 99,
  /** How long a page waits for the read models after a write, before it says that they are behind. */
  catchUpMs: 1500,
} as const;
