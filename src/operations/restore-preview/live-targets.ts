import type { GraphReader } from '../../graph/client/graph-client.js';
import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import type { GraphPolicy, UnreadPolicy } from '../../graph/policies/graph-policy.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { Snapshot } from '../../snapshots/snapshot.js';

/** What the tenant has of a policy that is to be restored. */
export type Target =
  /** The policy of the same id. */
  | { readonly kind: 'there'; readonly id: string }
  /** Policies of the same type and exact name with other ids, and the snapshots that could be restored to them. */
  | { readonly kind: 'namesakes'; readonly ids: readonly string[]; readonly claimants: readonly Snapshot[] }
  | { readonly kind: 'none' }
  /** Nobody can say, because the policy or its type couldn't be read. */
  | { readonly kind: 'unknown'; readonly reasonCode: GraphError['reasonCode']; readonly reason: string };

/** The policies of one type that are in the tenant, as far as a restore needs them. */
export interface LiveType {
  targetOf(snapshot: Snapshot): Target;
  /** Whether the snapshot’s id belongs to a policy of another name, which counts where Graph reuses ids. */
  isIdReused(snapshot: Snapshot): boolean;
  /** The ids of all its policies that have the snapshot’s exact name. */
  namesakesOf(snapshot: Pick<Snapshot, 'nameHash'>): readonly string[];
  /** The names of all its policies, in lower case. */
  readonly names: ReadonlySet<string>;
}

/** Keeps documents that were read until they are needed, as long as all together stay within a limit. */
export interface LiveDocuments {
  keep(policy: GraphPolicy): void;
  /** The policy as it was read before, or read again. Errors: as `GraphReader.policy`. */
  take(type: PolicyType, id: string): Promise<GraphPolicy>;
}

/** Most bytes of documents that are kept; what doesn't fit is read again when its turn comes. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;

export function createLiveDocuments(read: GraphReader['policy']): LiveDocuments {
  const kept = new Map<string, { readonly policy: GraphPolicy; readonly bytes: number }>();
  let bytes = 0;
  const keyOf = (type: PolicyType, id: string) => `${type.name} ${id.toLowerCase()}`;
  return {
    keep(policy) {
      const size = JSON.stringify([policy.raw, policy.settings, policy.assignments, policy.attached]).length;
      if (bytes + size > KEPT_BYTES_MAX) return;
      bytes += size;
      kept.set(keyOf(policy.type, policy.id), { policy, bytes: size });
    },
    async take(type, id) {
      const key = keyOf(type, id);
      const found = kept.get(key);
      if (!found) return read(type, id);
      kept.delete(key);
      bytes -= found.bytes;
      return found.policy;
    },
  };
}

/**
 * Reads the policies of a type once and finds those that the snapshots may be restored to. A policy that can't be
 * read, or a listing that ends early, makes unknown only the targets that it may concern. Errors: GraphError where
 * no call can succeed; the signal's reason.
 */
export async function readLiveType(read: TypeRead, snapshots: readonly Snapshot[]): Promise<LiveType> {
  const listing = await readListing(read, snapshots);
  const { ids, sameName, names } = listing;
  const namesakesOf = ({ nameHash }: Pick<Snapshot, 'nameHash'>) => sameName.get(nameHash) ?? [];
  /** The policy of the snapshot's id; undefined for none, and for one that got the id of another one. */
  const ofSameId = (snapshot: Snapshot): string | undefined => {
    const id = ids.get(snapshot.policyId.toLowerCase());
    const isSame = id !== undefined && (!read.idsReused || namesakesOf(snapshot).includes(id));
    return isSame ? id : undefined;
  };
  const taken = new Set(snapshots.flatMap((snapshot) => ofSameId(snapshot) ?? []));

  return {
    names,
    namesakesOf,
    isIdReused: (snapshot) => ids.has(snapshot.policyId.toLowerCase()) && ofSameId(snapshot) === undefined,
    targetOf(snapshot) {
      const there = ofSameId(snapshot);
      if (there !== undefined) return { kind: 'there', id: there };
      const unknown = unknownTarget(listing, snapshot);
      if (unknown) return unknown;
      // A policy that is the target of another snapshot by its id isn't this one re-created.
      const candidates = namesakesOf(snapshot).filter((id) => !taken.has(id));
      if (candidates.length === 0) return { kind: 'none' };
      const claimants = snapshots.filter(
        (other) => other.nameHash === snapshot.nameHash && ofSameId(other) === undefined,
      );
      return { kind: 'namesakes', ids: candidates, claimants };
    },
  };
}

/** How the policies of one type are read. */
interface TypeRead {
  readonly policies: () => AsyncIterable<GraphPolicy | UnreadPolicy>;
  /** Keyed hash of an exact name, as in snapshots. */
  readonly nameHash: (name: string) => Promise<string>;
  readonly documents: Pick<LiveDocuments, 'keep'>;
  /** Whether an id counts only together with the name. */
  readonly idsReused: boolean;
}

/** What a listing of a type's policies showed. */
interface Listing {
  /** The ids of policies with a wanted id, by the id in lower case. */
  readonly ids: ReadonlyMap<string, string>;
  /** The ids of policies with a wanted name, by the name's hash. */
  readonly sameName: ReadonlyMap<string, readonly string[]>;
  /** The names of all policies, in lower case. */
  readonly names: ReadonlySet<string>;
  readonly unread: readonly UnreadPolicy[];
  /** Hashes of the names of policies that couldn't be read. */
  readonly unreadNames: ReadonlySet<string>;
  /** Why the listing ended before its end, or null. */
  readonly ended: GraphError | null;
}

async function readListing(read: TypeRead, snapshots: readonly Snapshot[]): Promise<Listing> {
  const wantedIds = new Set(snapshots.map(({ policyId }) => policyId.toLowerCase()));
  const wantedNames = new Set(snapshots.map(({ nameHash }) => nameHash));
  const ids = new Map<string, string>();
  const sameName = new Map<string, string[]>();
  const names = new Set<string>();
  const unread: UnreadPolicy[] = [];
  const unreadNames = new Set<string>();
  let ended: GraphError | null = null;
  try {
    for await (const result of read.policies()) {
      if (result.kind === 'unread') {
        unread.push(result);
        if (result.name !== null) unreadNames.add(await read.nameHash(result.name));
        continue;
      }
      names.add(result.name.toLowerCase());
      const hash = await read.nameHash(result.name);
      const isWanted = wantedIds.has(result.id.toLowerCase());
      if (isWanted) ids.set(result.id.toLowerCase(), result.id);
      if (wantedNames.has(hash)) sameName.set(hash, [...(sameName.get(hash) ?? []), result.id]);
      if (isWanted || wantedNames.has(hash)) read.documents.keep(result);
    }
  } catch (error) {
    if (!(error instanceof GraphError) || concernsEveryCall(error)) throw error;
    ended = error;
  }
  return { ids, sameName, names, unread, unreadNames, ended };
}

/** Why the target of a snapshot can't be known; undefined when the listing shows it. */
function unknownTarget(
  { unread, unreadNames, ended }: Listing,
  { policyId, nameHash }: Snapshot,
): Extract<Target, { kind: 'unknown' }> | undefined {
  if (ended) return { kind: 'unknown', reasonCode: ended.reasonCode, reason: ended.message };
  const ofSameId = unread.find(({ id }) => id?.toLowerCase() === policyId.toLowerCase());
  if (ofSameId) return { kind: 'unknown', reasonCode: ofSameId.reasonCode, reason: ofSameId.reason };
  const ofSameName = unreadNames.has(nameHash) ? unread.find(({ name }) => name !== null) : undefined;
  const doubtful = ofSameName ?? unread.find(({ id, name }) => id === null || name === null);
  if (!doubtful) return undefined;
  return {
    kind: 'unknown',
    reasonCode: doubtful.reasonCode,
    reason: `A policy that could not be read may be this one. ${doubtful.reason}`,
  };
}
