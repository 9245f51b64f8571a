import { z } from 'zod';
import type { GraphPolicy } from '../../graph/policies/graph-policy.js';
import { type FlatPolicy, isUnset } from '../../policies/flat-policy.js';
import { referencesOf } from '../../policies/references.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import {
  NAMED_GROUPS_MAX,
  NAMED_SETTINGS_MAX,
  type NamedSetting,
  SETTING_PATH_LENGTH_MAX,
} from './inventory-events.js';

/** The settings that a policy sets, by which it is found; without their values. */
export function namedSettingsIn({ settings, labels }: FlatPolicy): NamedSetting[] {
  const named = new Map<string, NamedSetting>();
  for (const setting of settings.values()) {
    if (isUnset(setting)) continue;
    const path = shown(setting.path);
    const label = labels.get(setting.path);
    named.set(path, { path, label: label === undefined ? null : shown(label) });
    if (named.size === NAMED_SETTINGS_MAX) break;
  }
  return [...named.values()];
}

/** The ids of the groups in a policy's assignments, also in exclusions, and in its other fields. */
export function groupsIn(policy: GraphPolicy): string[] {
  const ids = referencesOf(policy.type, policy)
    .filter(({ kind, id }) => kind === 'group' && z.guid().safeParse(id).success)
    .map(({ id }) => id.toLowerCase());
  return [...new Set(ids)].slice(0, NAMED_GROUPS_MAX);
}

const shown = (text: string): string => bounded(sanitizeText(text), SETTING_PATH_LENGTH_MAX);
