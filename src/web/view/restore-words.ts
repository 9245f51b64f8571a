import { DOCUMENTED_LIMITS, type LimitName, limitOf } from '../../graph/request-limits.js';
import type { OutdatedBy } from '../../operations/restore-preview/outdated-preview.js';
import type { RestoreAction } from '../../operations/restore-preview/restore-events.js';
import { policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { count } from '../../wording/number-words.js';
import type { WritesOfType } from '../hub/restore-preview.js';

/** Words for what a restore would do, in the order of the pages: what needs attention first. */
export const ACTION_WORDS: Readonly<Record<RestoreAction, string>> = {
  blocked: 'Blocked',
  ambiguous: 'Ambiguous',
  recreated: 'Re-created',
  update: 'Update',
  create: 'Create',
  not_supported: 'Not supported',
  leave: 'Leave',
};

/** The sign of each action: a symbol and a colour that other pages use for the same. */
export const ACTION_SIGNS: Readonly<Record<RestoreAction, string>> = {
  blocked: 'failed',
  ambiguous: 'failed',
  recreated: 'changed',
  update: 'changed',
  create: 'added',
  not_supported: 'skipped',
  leave: 'skipped',
};

/** What each word means, for a person who reads it for the first time. */
export const ACTION_MEANINGS: Readonly<Record<RestoreAction, string>> = {
  blocked: 'It can’t be restored as things are.',
  ambiguous: 'Several policies have its type and name, so nobody can say which one is meant.',
  recreated: 'A policy of another id has its type and name; that one would be changed.',
  update: 'The policy is there and would be changed.',
  create: 'The policy is not there, so it would be created.',
  not_supported: 'Policies of this type can be read and not written.',
  leave: 'There is nothing to write.',
};

/** Why a preview can't be carried out any more, and what to do. */
export const OUTDATED_WORDS: Readonly<Record<OutdatedBy, string>> = {
  map: 'The map of groups, filters and tags was changed after this preview. Preview the restore again.',
  directory: 'The tenant was connected to another directory after this preview. Preview the restore again.',
  age: 'This preview is older than a day. Preview the restore again, and restore from the new preview.',
};

/** How long these writes take under Graph's documented limits, in words; empty for none. */
export function writingTimeWords(ofTypes: readonly WritesOfType[]): string {
  const byLimit = new Map<LimitName, number>();
  for (const { policy_type, writes } of ofTypes) {
    const limit = limitOf('PATCH', policyTypeNamed(policy_type)?.path ?? '') ?? 'intune_writes';
    if (writes > 0) byLimit.set(limit, (byLimit.get(limit) ?? 0) + writes);
  }
  if (byLimit.size === 0) return '';
  let writes = 0;
  let ms = 0;
  for (const [limit, number] of byLimit) {
    const { ofApp, windowMs } = DOCUMENTED_LIMITS[limit];
    writes += number;
    ms += Math.floor((number - 1) / ofApp) * windowMs;
  }
  const time = ms < 60_000 ? 'less than a minute' : `about ${Math.ceil(ms / 60_000)} min`;
  const allowed = [...byLimit.keys()].map((limit) => DOCUMENTED_LIMITS[limit].words).join(' and ');
  return `${count(writes, 'write', 'writes')}, ${time}: Graph allows ${allowed}`;
}

/** What a restore does with a reference, in words. */
export function resolutionWords(resolution: string, becomes: string | null): string {
  switch (resolution) {
    case 'same':
      return 'is there';
    case 'mapped':
      return `becomes ${becomes ?? 'another one'}`;
    case 'restored_before':
      return 'is restored before';
    default:
      return 'is not known in this tenant; map it first';
  }
}

/** What a restore did to one policy. */
export const RESULT_WORDS = {
  created: 'Created',
  updated: 'Changed',
  unchanged: 'Left',
} as const;

/** What a dry run says that a restore would do. */
export const DRY_RUN_WORDS = {
  created: 'Would be created',
  updated: 'Would be changed',
  unchanged: 'Would be left',
} as const;

/** The result of a request, by its outcome; without one it is `open`, or `never_recorded` when the run is over. */
export const EFFECT_WORDS: Readonly<Record<string, string>> = {
  applied: 'done',
  refused: 'refused',
  not_applied: 'not carried out',
  ambiguous: 'it is unknown whether it was carried out',
  open: 'no outcome is recorded yet',
  never_recorded: 'the restore ended before it knew; it may have been carried out',
};

export const EFFECT_SIGNS: Readonly<Record<string, string>> = {
  applied: 'succeeded',
  refused: 'failed',
  not_applied: 'skipped',
  ambiguous: 'failed',
  never_recorded: 'failed',
};
