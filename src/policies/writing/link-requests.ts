import type { JsonObject } from '../../ledger/canonical-json.js';
import { derivedTypeOf } from '../catalogue/policy-types.js';
import { linkTarget } from '../catalogue/profile-links.js';
import { REFERENCE_SOURCES } from '../catalogue/references.js';
import type { PolicyDocument } from '../policy-document.js';
import { listRows } from './sendable.js';
import type { WriteRequest } from './write-plan.js';

/** The links of a policy in the form that the body of its create needs. */
export function linkBindings(
  wanted: PolicyDocument,
  names: readonly string[],
  graphRoot: string,
): JsonObject {
  const entries = names.flatMap((name): [string, string | string[]][] => {
    const addresses = listRows(wanted, name).map(({ id }) => addressOf(graphRoot, name, String(id)));
    const [first] = addresses;
    return first === undefined ? [] : [[`${name}@odata.bind`, linkTarget(name).many ? addresses : first]];
  });
  return Object.fromEntries(entries);
}

/** The requests that change the target of one link of a policy. */
export function linkRequests(
  name: string,
  {
    address,
    wanted,
    live,
    graphRoot,
  }: {
    readonly address: string;
    readonly wanted: PolicyDocument;
    readonly live: PolicyDocument;
    readonly graphRoot: string;
  },
): readonly WriteRequest[] {
  const link = `${address}/microsoft.graph.${derivedTypeOf(live.raw)}/${name}`;
  const before = idsOf(live, name);
  const after = idsOf(wanted, name);
  const come = after.filter((id) => !before.includes(id));
  const gone = before.filter((id) => !after.includes(id));
  const body = (id: string) => ({ '@odata.id': addressOf(graphRoot, name, id) });
  if (!linkTarget(name).many) {
    const [id] = come;
    if (id !== undefined) return [{ what: 'content', method: 'PUT', path: `${link}/$ref`, body: body(id) }];
    return gone.length === 0 ? [] : [{ what: 'content', method: 'DELETE', path: `${link}/$ref`, body: null }];
  }
  return [
    ...come.map(
      (id): WriteRequest => ({
        what: 'content',
        method: 'POST',
        path: `${link}/$ref`,
        body: body(id),
      }),
    ),
    ...gone.map(
      (id): WriteRequest => ({
        what: 'content',
        method: 'DELETE',
        path: `${link}/${encodeURIComponent(id)}/$ref`,
        body: null,
      }),
    ),
  ];
}

/** The full address of an object that a link of this name leads to. */
const addressOf = (graphRoot: string, name: string, id: string): string =>
  `${graphRoot}/${REFERENCE_SOURCES[linkTarget(name).kind].path}('${id}')`;

const idsOf = (document: PolicyDocument, name: string): readonly string[] =>
  listRows(document, name).map(({ id }) => String(id).toLowerCase());
