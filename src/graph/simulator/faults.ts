import { z } from 'zod';

/**
 * Failures on demand. A fault names the requests it is for and what happens to them; it wears off after
 * `count` of them. The first fault that matches is taken, in the order in which they were added.
 */
const matching = {
  /** How many matching requests it befalls. */
  count: z.int().min(1).max(1_000_000).default(1),
  /** Matching requests let through before it begins. */
  after: z.int().min(0).default(0),
  method: z.string().optional(),
  /** A regular expression over path and query below the API version; none matches every request. */
  path: z.string().max(500).optional(),
  tenant: z.string().optional(),
};

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...matching,
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    /** Seconds or an HTTP date; left out, no header is sent. */
    retryAfter: z.string().max(100).optional(),
    code: z.string().max(200).optional(),
    /** Stands in the error body as it is: the place for planted secrets. */
    message: z.string().max(100_000).optional(),
    /** Further headers of the answer, sent as they are. */
    headers: z.record(z.string(), z.string().max(4000)).optional(),
  }),
  /** Takes the request and never answers. */
  z.strictObject({ ...matching, kind: z.literal('hang') }),
  /** Cuts the connection: at once, or after half of the body. */
  z.strictObject({ ...matching, kind: z.literal('cut'), midBody: z.boolean().default(false) }),
  /** Answers a page with its last `drop` entries missing, and without its nextLink. */
  z.strictObject({ ...matching, kind: z.literal('truncated_page'), drop: z.int().min(1).default(1) }),
  /** Says that many entries in `@odata.count`, whatever there are. */
  z.strictObject({ ...matching, kind: z.literal('declared_count'), declared: z.int() }),
  /** Sets fields of one entry of a page; a null leaves the field out. */
  z.strictObject({
    ...matching,
    kind: z.literal('altered_entry'),
    index: z.int().min(0).default(0),
    fields: z.record(z.string(), z.json()),
  }),
  /** Half of the JSON, with a content length that agrees with it. */
  z.strictObject({ ...matching, kind: z.literal('malformed_json') }),
  /** The first byte of its first text is one that UTF-8 never has. */
  z.strictObject({ ...matching, kind: z.literal('invalid_utf8') }),
  /** A page of HTML, with status 200 unless it says otherwise, as a proxy in between answers. */
  z.strictObject({
    ...matching,
    kind: z.literal('html'),
    status: z.int().min(200).max(599).default(200),
    body: z.string().max(100_000).default('<html><body>Please sign in to the proxy.</body></html>'),
  }),
  z.strictObject({ ...matching, kind: z.literal('huge_body'), bytes: z.int().min(1).max(1_000_000_000) }),
  /** Another nextLink than the page's own: of a foreign origin, or the page itself again. */
  z.strictObject({ ...matching, kind: z.literal('next_link'), link: z.string().max(2000) }),
  z.strictObject({ ...matching, kind: z.literal('redirect'), location: z.string().max(2000) }),
  z.strictObject({ ...matching, kind: z.literal('latency'), latencyMs: z.int().min(1) }),
]);

export type FaultOptions = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;

export interface FaultTarget {
  readonly tenant: string;
  readonly method: string;
  /** Path and query below the API version, percent signs decoded. */
  readonly path: string;
}

export interface FaultPlan {
  /** Errors: ZodError, or SyntaxError for a path that is no regular expression. */
  add(fault: FaultOptions): void;
  /** The fault that befalls this request, or null; counts it. */
  take(target: FaultTarget): Fault | null;
  clear(): void;
  pending(): number;
}

const withoutQuery = (path: string): string => path.replace(/\?.*$/s, '');

export function createFaultPlan(faults: readonly FaultOptions[] = []): FaultPlan {
  let planned: { readonly fault: Fault; readonly pattern: RegExp | null; left: number; skip: number }[] = [];
  const plan: FaultPlan = {
    add(options) {
      const fault = faultSchema.parse(options);
      const pattern = fault.path === undefined ? null : new RegExp(fault.path, 'i');
      planned.push({ fault, pattern, left: fault.count, skip: fault.after });
    },
    take(target) {
      const found = planned.find(
        ({ fault, pattern }) =>
          (fault.tenant === undefined || fault.tenant === target.tenant) &&
          (fault.method === undefined || fault.method === target.method) &&
          (pattern === null || pattern.test(target.path) || pattern.test(withoutQuery(target.path))),
      );
      if (!found) return null;
      if (found.skip > 0) {
        found.skip -= 1;
        return null;
      }
      found.left -= 1;
      if (found.left === 0) planned = planned.filter((entry) => entry !== found);
      return found.fault;
    },
    clear: () => {
      planned = [];
    },
    pending: () => planned.length,
  };
  for (const fault of faults) plan.add(fault);
  return plan;
}
