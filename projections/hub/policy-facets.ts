import { sha256Hex } from '../../src/ledger/canonical-json.js';

/**
 * A facet is what policies have in common and are found by: a setting or a group, as a short text. Settings are hashed,
 * because each of them stands in many rows.
 */
const HASH_LENGTH = 16;

/** The facet of a setting by its path. */
export const settingFacet = (path: string): string => `s${sha256Hex(path).slice(0, HASH_LENGTH)}`;

/** The facet of a group by its id. */
export const groupFacet = (groupId: string): string => `g${groupId.toLowerCase()}`;
