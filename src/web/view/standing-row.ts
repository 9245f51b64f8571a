import { allows } from '../../access/capabilities.js';
import type { Role } from '../../access/roles.js';
import { COUNTED_MAX, type TenantStanding } from '../hub/tenant-summary.js';
import type { TenantMembership } from '../ports/access.js';
import { endingOf } from './credential-ending.js';
import { count, number } from './format.js';

/** A number in a tenant's row: its words, and a link to the list that it counts when the person may see that. */
export interface StandingCount {
  readonly column: string;
  readonly text: string;
  readonly isZero: boolean;
  /** The state whose icon is shown, or null. */
  readonly bucket: string | null;
  readonly href: string | null;
  /** What is wrong with some of them, or null. */
  readonly problem: string | null;
}

/** A tenant's row on the page of all tenants. */
export interface StandingRow {
  readonly id: string;
  readonly name: string;
  readonly href: string;
  readonly roles: string;
  readonly counts: readonly StandingCount[];
  /** When the newest usable inventory ended; null when there is none. */
  readonly inventoryAt: number | null;
  /** The warning about its certificate, with a link to the page that can fix it when the person may see that. */
  readonly ending: { readonly text: string; readonly href: string | null } | null;
  /** How many schedules are silent, with a link to them when the person may see that. */
  readonly schedules: { readonly text: string; readonly href: string | null } | null;
  /** The text instead of the numbers when there are none. */
  readonly note: { readonly text: string; readonly href: string | null } | null;
}

/** Makes the row of a tenant. `standing` is undefined when it can't be read and null when the role doesn't allow it. */
export function standingRow(
  tenant: TenantMembership,
  href: string,
  standing: TenantStanding | null | undefined,
  now: number,
): StandingRow {
  const base = `/t/${tenant.slug}`;
  const row = { id: tenant.tenantId, name: tenant.name, href, roles: tenant.roles.join(', ') };
  const ending = endingOf(standing?.credentialEndsAt ?? null, now);
  if (standing)
    return {
      ...row,
      counts: countsOf(standing, base, tenant.roles),
      inventoryAt: standing.inventoryAt,
      ending: ending && {
        text: ending.label,
        href: allows(tenant.roles, 'features.read') ? `${base}/connection` : null,
      },
      schedules:
        standing.silentSchedules === 0
          ? null
          : {
              text: `${count(standing.silentSchedules, 'schedule')} silent`,
              href: allows(tenant.roles, 'features.read') ? `${base}/schedules` : null,
            },
      note: null,
    };
  const note =
    standing === null
      ? { text: 'Your role here shows failures only.', href: `${base}/failures` }
      : { text: 'This tenant can’t be read at the moment.', href: null };
  return { ...row, counts: [], inventoryAt: null, ending: null, schedules: null, note };
}

function countsOf(standing: TenantStanding, base: string, roles: readonly Role[]): readonly StandingCount[] {
  const runs = (bucket: string, last = '') => `${base}/operations?bucket=${bucket}${last}`;
  const mayOpenDrift = roles.some((role) => role !== 'auditor' && role !== 'support');
  const { failed, partlySucceeded, running, silent, newFindings } = standing;
  return [
    countOf('failed, 24 h', failed, { bucket: 'failed', href: runs('failed', '&last=24h') }),
    countOf('partly, 24 h', partlySucceeded, {
      bucket: 'partially_succeeded',
      href: runs('partially_succeeded', '&last=24h'),
    }),
    {
      ...countOf('running', running, { bucket: 'running', href: runs('running') }),
      problem: silent > 0 ? `${number(silent)} silent` : null,
    },
    countOf('new findings', newFindings, {
      bucket: null,
      href: mayOpenDrift ? `${base}/drift?status=new` : null,
    }),
  ];
}

function countOf(
  column: string,
  value: number,
  { bucket, href }: Pick<StandingCount, 'bucket' | 'href'>,
): StandingCount {
  const text = value >= COUNTED_MAX ? `${COUNTED_MAX - 1}+` : number(value);
  return { column, text, isZero: value === 0, bucket, href, problem: null };
}

/** The columns of the numbers, in the order of a row. */
export const STANDING_COLUMNS = ['failed, 24 h', 'partly, 24 h', 'running', 'new findings'] as const;
