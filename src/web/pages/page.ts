import type { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import type { ReasonCode } from '../../runs/reason-codes.js';
import type { HubRead, HubReport } from '../hub/hub-read.js';
import type { RunLinkRow } from '../hub/run-detail.js';
import type { PersonSettings } from '../ports/personal.js';
import type { TenantAccess } from '../request-identity.js';
import type { TimeFrame } from '../view/format.js';
import type { WebRuntime } from '../web-runtime.js';
import type { PageAnswer } from './page-answer.js';
import type { PageDownload } from './page-download.js';
import type { PageForm } from './page-form.js';

/** The input for reading a page: the snapshot and the reader. */
export interface PageRead<Query> {
  readonly db: HubRead;
  readonly access: TenantAccess;
  readonly personId: string;
  readonly settings: PersonSettings;
  readonly query: Query;
  readonly params: Readonly<Record<string, string>>;
  readonly time: TimeFrame;
  /** Reason codes of operation types, besides the built-in ones. */
  readonly addedCodes: Readonly<Record<string, ReasonCode>>;
  /** The position of the read models in the snapshot. */
  readonly position: number;
  /** The projector's last report about itself, or undefined before its first. */
  readonly report: HubReport | undefined;
  /** What all pages of the server share. */
  readonly runtime: WebRuntime;
}

/** A loaded page: the data for its templates and the persons whose names they need. */
export interface Loaded {
  readonly title: string;
  readonly view: object;
  readonly people: readonly string[];
  /** Query that the page's live stream needs besides the page's own, such as the rows that are shown. */
  readonly live?: Readonly<Record<string, string | number>>;
  /** Whether the content never changes, so that no live stream is needed. */
  readonly still?: boolean;
  /** The status of the answer, when it isn't 200. */
  readonly status?: number;
  /** Seconds after which a browser without JavaScript loads the page again. */
  readonly refreshSeconds?: number;
  /** The template, when it isn't the page's own. */
  readonly template?: string;
}

/** Instead of a page: an address below the tenant's that the browser is redirected to. */
export interface MovedTo {
  readonly movedTo: string;
}

/** A part of a page that live updates replace. The outermost element of the template has the id. */
export interface FragmentOf {
  readonly target: string;
  readonly template: string;
  readonly view: object;
}

/**
 * The live part of a page. Readers with the same role, time zone and address share the loaded content, unless
 * the page reads `personId` or `settings`: then it is loaded for each person.
 */
export interface LivePage<Query> {
  load(read: PageRead<Query>): Promise<{
    readonly fragments: readonly FragmentOf[];
    readonly people: readonly string[];
  }>;
}

export const RAIL_HEADINGS = ['Monitoring', 'Tenant', 'Backup', 'Record'] as const;

/** A page's entry in the rail. */
export interface RailEntry {
  readonly heading: (typeof RAIL_HEADINGS)[number];
  readonly label: string;
  /** Name of a symbol in `views/partials/symbols.eta`, without `i-`. */
  readonly icon: string;
  /** Whether the entry shows the number of the person's unread notifications. */
  readonly unread?: boolean;
}

/**
 * A page of a tenant with everything that the rest of the web uses: its address, who may use it, its entry in
 * the rail, its forms, and the related links that lead to it.
 */
export interface TenantPage<Query> {
  /** Path below `/t/:tenant`. */
  readonly path: string;
  /** The page's own entry in the rail. Entries have the order of the list of pages. */
  readonly rail?: RailEntry;
  /** For a page without an own entry: the path of the page whose entry is highlighted. */
  readonly under?: string;
  readonly capability: Capability;
  /** The id in its address. The guard finds the tenant by it. */
  readonly id?: { readonly param: string; readonly kind: string };
  /** Path below `views/`, without the extension. */
  readonly template: string;
  readonly query: z.ZodType<Query>;
  /** Undefined when the tenant has nothing at this address. */
  load(read: PageRead<Query>): Promise<Loaded | MovedTo | undefined>;
  readonly live?: LivePage<Query>;
  /** Forms on the page. */
  readonly forms?: readonly PageForm<unknown>[];
  /** Downloads of the page. */
  readonly downloads?: readonly PageDownload<unknown>[];
  /** Other answers that belong to the page, such as data for its script. */
  readonly answers?: readonly PageAnswer[];
  /** Addresses for related links of these kinds, below the tenant's address. */
  readonly linkTargets?: Readonly<Record<string, (link: RunLinkRow) => string>>;
}

/** Declares a page. Its query type is inferred. */
export const definePage = <Query>(page: TenantPage<Query>): TenantPage<Query> => page;
