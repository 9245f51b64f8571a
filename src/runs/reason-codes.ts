/**
 * The closed list of reason codes (F1). The meaning of a code never changes, and a code is never reused for another
 * meaning. `docs/reason-codes.md` is generated from this table.
 */
export type ReasonKind = 'failure' | 'skip' | 'refusal';

export interface ReasonCode<Kind extends ReasonKind = ReasonKind> {
  readonly kind: Kind;
  /** Whether trying again without changing anything may succeed. */
  readonly retryable: boolean;
  /** What happened, in plain words. */
  readonly meaning: string;
  /** What a person can do about it. */
  readonly advice: string;
}

/** Reason codes by their names. */
export type ReasonCodes = Readonly<Record<string, ReasonCode>>;

/** The names of a list's codes of one kind. */
export type CodesOfKind<Codes extends ReasonCodes, Kind extends ReasonKind> = {
  [Code in keyof Codes & string]: Codes[Code] extends ReasonCode<infer Own>
    ? Kind extends Own
      ? Code
      : never
    : never;
}[keyof Codes & string];

/** A code for a failed item or a failed run. */
export const failure = (retryable: boolean, meaning: string, advice: string): ReasonCode<'failure'> => ({
  kind: 'failure',
  retryable,
  meaning,
  advice,
});
/** A code for an item that needed no work or couldn't be worked on. */
export const skip = (meaning: string, advice: string): ReasonCode<'skip'> => ({
  kind: 'skip',
  retryable: false,
  meaning,
  advice,
});
/** A code for a start that is refused. */
export const refusal = (meaning: string, advice: string): ReasonCode<'refusal'> => ({
  kind: 'refusal',
  retryable: false,
  meaning,
  advice,
});

/** The codes that every operation type has. */
export const REASON_CODES = {
  graph_throttled: failure(
    true,
    'Graph asked to slow down for longer than the run may wait.',
    'Start it again later, or with a smaller selection.',
  ),
  graph_unauthenticated: failure(
    false,
    'Graph did not accept the credentials of this tenant.',
    'Renew the connection to this tenant, then start again.',
  ),
  credential_refused: failure(
    false,
    'Entra refused the secret or certificate that this tenant is connected with.',
    'Connect the tenant with the right one, then start again.',
  ),
  credential_expired: failure(
    false,
    'The secret or certificate that this tenant is connected with has ended.',
    'Make a new one in the app registration and connect the tenant with it, then start again.',
  ),
  app_unknown: failure(
    false,
    'The tenant’s directory has no such app.',
    'Check the client id, or consent to the app in the directory, then start again.',
  ),
  directory_unknown: failure(
    false,
    'Entra knows no directory of this id.',
    'Check the directory id and the cloud of the connection, then start again.',
  ),
  consent_missing: failure(
    false,
    'Nobody has consented to the app in the tenant’s directory.',
    'An administrator of the tenant opens the app’s admin consent address; then start again.',
  ),
  sign_in_blocked: failure(
    false,
    'A policy of the tenant’s directory blocks the app’s sign-in, or the app is disabled there.',
    'An administrator of the tenant lets the app in; then start again.',
  ),
  graph_forbidden: failure(
    false,
    'The connection to this tenant lacks a permission or licence for this.',
    'Grant the permission in the tenant, then start again.',
  ),
  graph_not_found: failure(
    false,
    'It was no longer there when it was read.',
    'It was probably deleted meanwhile; a new inventory will show.',
  ),
  graph_conflict: failure(
    false,
    'The tenant holds something that contradicts this change.',
    'Look at the current state in the tenant, then preview again.',
  ),
  graph_unavailable: failure(
    true,
    'Graph, or Entra at the sign-in, was not reachable or answered with an error of its own.',
    'Start it again later; if it stays so, look at firewall and proxy.',
  ),
  validation_failed: failure(
    false,
    'Graph refused the content as invalid.',
    'Compare the policy with its current form in the tenant.',
  ),
  incomplete_answer: failure(
    true,
    'Graph answered with fewer entries than it declared.',
    'Start it again; nothing was taken from the incomplete answer.',
  ),
  count_mismatch: failure(
    true,
    'Graph listed fewer entries than it declared, also when it was asked once more.',
    'What came was kept. If the tenant holds no more than that, start it again on the Inventory page and accept a shorter list there.',
  ),
  unreadable_answer: failure(
    true,
    'What answered in Graph’s place made no sense: no JSON, no id, or links that lead nowhere.',
    'Start it again; if it repeats, look for a proxy between this program and Graph.',
  ),
  content_too_large: failure(
    false,
    'The content is larger than the program accepts.',
    'Look at the policy in the tenant; its size is unusual.',
  ),
  storage_unavailable: failure(
    true,
    'This installation’s own database did not answer for longer than the run may wait.',
    'Nothing is wrong with the tenant. Look at the health page, then start it again.',
  ),
  secret_unavailable: failure(
    false,
    'Graph withholds a secret value that would be needed.',
    'Enter the secret in the tenant by hand.',
  ),
  mapping_missing: failure(
    false,
    'A group, filter or scope tag has no counterpart in this tenant.',
    'Map it on the preview’s page “Map groups, filters and tags”, then preview again.',
  ),
  created_not_assigned: failure(
    false,
    'The policy was created, but its assignments were refused.',
    'Assign it in the tenant, or fix the assignment and restore again.',
  ),
  changed_since_preview: failure(
    false,
    'The policy changed in the tenant after the preview.',
    'Preview again and look at the difference.',
  ),
  ambiguous_target: failure(
    false,
    'Several policies in the tenant have the type and the name of this one, so nobody can say which is meant.',
    'Rename the others in the tenant, or restore it as a copy.',
  ),
  not_restorable: failure(
    false,
    'Graph doesn’t take this policy as it was kept.',
    'The reason says which part; make that part by hand in the tenant.',
  ),
  artifact_missing: failure(
    false,
    'A stored policy that this needs is no longer there or cannot be read.',
    'Take a new inventory or snapshot.',
  ),
  dispatch_failed: failure(
    true,
    'The run could not be handed to the workers.',
    'Start it again; if it repeats, look at the health page.',
  ),
  worker_lost: failure(
    true,
    'The worker that carried it out disappeared, more often than the run may be taken over.',
    'Start it again; if it repeats, look at the workers’ logs.',
  ),
  outcome_unknown: failure(
    false,
    'No answer came, and the tenant does not show whether the change was made.',
    'Look at it in the tenant before it is tried again.',
  ),
  budget_exceeded: failure(true, 'It took longer than it may.', 'Start it again with a smaller selection.'),
  item_budget_exceeded: failure(
    true,
    'It took longer than one item may.',
    'Start it again; if it repeats, look at it in the tenant.',
  ),
  backup_set_expired: failure(
    false,
    'The backup set has expired; nothing is added to it or restored from it any more.',
    'Make another set, or use one that has not expired.',
  ),
  no_longer_permitted: failure(
    false,
    'Who started it has lost the right to it meanwhile.',
    'Somebody who has the right may start it.',
  ),
  connection_replaced: failure(
    false,
    'The tenant was connected to another directory, or to another Graph, after the preview.',
    'Preview again; nothing is written to a directory that was not previewed.',
  ),
  backup_set_full: failure(
    false,
    'The backup set holds as many policies as a set may hold.',
    'Make another set for the rest.',
  ),
  unexpected: failure(
    false,
    'Something went wrong that the program has no name for.',
    'Tell support the run’s number; the details are in its history.',
  ),

  unchanged: skip('Its content is the same as before.', 'Nothing to do.'),
  permission_missing: skip(
    'The connection to this tenant lacks the permission that reading this type takes.',
    'Grant the permission that is named to the app, consent to it, then start again.',
  ),
  licence_missing: skip(
    'The tenant has no licence for what this type is about.',
    'Nothing is wrong if the tenant doesn’t use it; otherwise look at its licences.',
  ),
  type_not_writable: skip(
    'Policies of this type can be read and not written.',
    'Make the policy by hand in the tenant; the export shows what it was.',
  ),
  already_there: skip(
    'The policy is there, and only what is missing was to be created.',
    'Choose to update what is there if it is to become what it was.',
  ),
  not_comparable: skip(
    'It, or its policy type, was not read completely in one of the two inventories, or its stored content is lost.',
    'Take a new inventory once the cause is fixed, then compare again.',
  ),

  needs_two_inventories: refusal(
    'Finding drift needs two usable inventories of the same selection.',
    'Run the inventory until two have succeeded.',
  ),
  inventory_not_usable: refusal(
    'A chosen inventory did not succeed, or belongs to another selection.',
    'Choose two usable inventories of the same selection.',
  ),
  set_not_restorable: refusal(
    'There is no such backup set, it has expired, or it holds none of the chosen policies.',
    'Choose a backup set from the list, and policies that it holds.',
  ),
  another_run_active: refusal(
    'The same operation is active with other options.',
    'Wait until the active run has ended.',
  ),
  invalid_input: refusal('The request is not complete or not valid.', 'Correct what is named.'),
  unknown_type: refusal('There is no such operation type.', 'Use one of the listed types.'),
  not_permitted: refusal(
    'Your role in this tenant, or your token, does not include this.',
    'Ask an owner of the tenant for it.',
  ),
  unknown_cause: refusal(
    'The run that this one follows is not in this tenant’s log.',
    'Start it from its own page.',
  ),
  run_not_ended: refusal('The run has not ended yet.', 'Start it again once it has.'),
  input_not_kept: refusal(
    'The run was started by a version of the program that did not keep what it was given.',
    'Start it from its own page.',
  ),
  request_key_reused: refusal(
    'The idempotency key names another request already.',
    'Send a new key with a new request; a key is for repeating the very same one.',
  ),
  request_under_way: refusal(
    'The same request is being carried out at this moment.',
    'Send it again with the same key; it will answer the same run.',
  ),
  not_connected: refusal(
    'This tenant has no connection to Microsoft Graph.',
    'An owner can connect it in the tenant’s settings.',
  ),
} satisfies ReasonCodes;

export type CommonReasonCode = keyof typeof REASON_CODES;
/** A common code that any run or any item may fail with. */
export type CommonFailureCode = CodesOfKind<typeof REASON_CODES, 'failure'>;

/** The meaning of a common code and what to do about it, for the person who asked. */
export function explained(code: CommonReasonCode): string {
  const { meaning, advice } = REASON_CODES[code];
  return `${meaning} ${advice}`;
}

/** Finds a code among the common ones and those that operation types added. */
export function reasonCode(code: string, added: ReasonCodes = {}): ReasonCode | undefined {
  if (Object.hasOwn(REASON_CODES, code)) return REASON_CODES[code as CommonReasonCode];
  return Object.hasOwn(added, code) ? added[code] : undefined;
}
