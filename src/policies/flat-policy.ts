import { canonicalJson, type Json } from '../ledger/canonical-json.js';
import { MASKED_VALUE } from './secret-fields.js';

/** What stands at one path of a policy. */
export interface FlatSetting {
  /** Sorted; canonical JSON, or a settings catalog choice's own id. Real values, secrets too. */
  readonly values: readonly string[];
  readonly secret: boolean;
}

/** A policy laid flat: every setting by its path. */
export interface FlatPolicy {
  readonly settings: ReadonlyMap<string, FlatSetting>;
  /**
   * The lists of objects among them, each object as one text. Two firewall rules that swap their ports leave
   * every path's values as they were; only here does it show.
   */
  readonly groups: ReadonlyMap<string, FlatSetting>;
}

/** Gathers settings while a policy is walked. */
export interface FlatPolicyBuilder {
  add(path: string, value: string, secret: boolean): void;
  /** Says that a path exists, also if nothing stands there. */
  touch(path: string): void;
  addGroup(path: string, element: Json, secret: boolean): void;
  build(): FlatPolicy;
}

interface Gathered {
  readonly values: string[];
  secret: boolean;
}

export function createFlatPolicyBuilder(): FlatPolicyBuilder {
  const settings = new Map<string, Gathered>();
  const groups = new Map<string, Gathered>();
  const at = (map: Map<string, Gathered>, path: string): Gathered => {
    const found = map.get(path) ?? { values: [], secret: false };
    map.set(path, found);
    return found;
  };
  const gather = (map: Map<string, Gathered>, path: string, value: string, secret: boolean) => {
    const gathered = at(map, path);
    gathered.values.push(value);
    gathered.secret ||= secret;
  };
  return {
    add: (path, value, secret) => gather(settings, path, value, secret),
    touch: (path) => void at(settings, path),
    addGroup: (path, element, secret) => gather(groups, path, canonicalJson(element), secret),
    build: () => ({ settings: sorted(settings), groups: sorted(groups) }),
  };
}

function sorted(map: Map<string, Gathered>): Map<string, FlatSetting> {
  const entries = [...map].map(([path, { values, secret }]): [string, FlatSetting] => [
    path,
    { values: values.sort(), secret },
  ]);
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The values as they may be shown. */
export function shownValues(setting: FlatSetting): readonly string[] {
  return setting.secret ? setting.values.map(() => MASKED_VALUE) : setting.values;
}

/** Whether nothing is set there: a field that Graph answers as null, or not at all, is not configured. */
export function isUnset(setting: FlatSetting | undefined): boolean {
  return setting === undefined || setting.values.every((value) => value === 'null');
}
