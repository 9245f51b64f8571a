import { v5 as uuidv5 } from 'uuid';
import type { Role } from '../access/roles.js';

/** The issuer of the demo's people, who are named after their roles. */
export const DEMO_ISSUER = 'urn:opsledger:demo';

const NAMESPACE = 'c2f0ac26-6a4b-4d4c-9a5e-6f3c2a6d1f10';

/** The namespace of the ids in the demo's directories. */
export const DIRECTORY_NAMESPACE = '8d0b6a0e-0e0c-4b6e-9f0a-6f1d6f0f7a52';

/** The directory of a demo tenant. */
export const demoDirectoryId = (slug: string): string => uuidv5(slug, DIRECTORY_NAMESPACE);

export interface DemoPerson {
  readonly personId: string;
  readonly subject: string;
  readonly displayName: string;
}

const person = (subject: string, displayName: string): DemoPerson => ({
  personId: uuidv5(subject, NAMESPACE),
  subject,
  displayName,
});

const OWNER = person('owner', 'Owner');
const MANAGER = person('manager', 'Manager');
const OPERATOR = person('operator', 'Operator');
const NIGHT_OPERATOR = person('night-operator', 'Night operator');
const READER = person('readonly', 'Reader');
const AUDITOR = person('auditor', 'Auditor');
const SUPPORT = person('support', 'Support');

export const DEMO_PEOPLE: readonly DemoPerson[] = [
  OWNER,
  MANAGER,
  OPERATOR,
  NIGHT_OPERATOR,
  READER,
  AUDITOR,
  SUPPORT,
];

export interface DemoTenant {
  readonly slug: string;
  readonly name: string;
  /** Begins with the owner who creates the tenant. */
  readonly people: readonly (readonly [DemoPerson, Role])[];
  /** Who starts its first inventory. */
  readonly operator: DemoPerson;
}

const peopleWith = (operator: DemoPerson): DemoTenant['people'] => [
  [OWNER, 'owner'],
  [MANAGER, 'manager'],
  [operator, 'operator'],
  [READER, 'readonly'],
  [AUDITOR, 'auditor'],
  [SUPPORT, 'support'],
];

/** The demo's tenants. The operator belongs to two of them. */
export const DEMO_TENANTS: readonly DemoTenant[] = [
  { slug: 'contoso', name: 'Contoso', people: peopleWith(OPERATOR), operator: OPERATOR },
  { slug: 'fabrikam', name: 'Fabrikam', people: peopleWith(OPERATOR), operator: OPERATOR },
  { slug: 'northwind', name: 'Northwind', people: peopleWith(NIGHT_OPERATOR), operator: NIGHT_OPERATOR },
];

/** One person for each role, for the sign-in links that the start prints. */
export const DEMO_SIGN_INS: readonly (readonly [Role, DemoPerson])[] = [
  ['owner', OWNER],
  ['manager', MANAGER],
  ['operator', OPERATOR],
  ['readonly', READER],
  ['auditor', AUDITOR],
  ['support', SUPPORT],
];
