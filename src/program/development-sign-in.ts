import type { Kysely } from 'kysely';
import { actorNames } from '../db/actor-names.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { DevelopmentPerson, DevelopmentSignIn } from '../web/ports/persons.js';

/** The most persons that the sign-in page offers. */
const PERSONS_MAX = 500;

/** Lists the members of every tenant, so that a developer can sign in as any of them. */
export function createDevelopmentSignIn(deps: {
  readonly secret: string;
  readonly directory: TenantDirectory;
  readonly primary: Kysely<PrimaryTables>;
}): DevelopmentSignIn {
  const { secret, directory, primary } = deps;
  return {
    secret,
    async persons() {
      const people = directory.all().flatMap((tenant) =>
        directory.peopleOf(tenant.tenantId).map(({ personId, role }) => ({
          personId,
          role,
          tenantName: tenant.name,
          tenantSlug: tenant.slug,
        })),
      );
      const ids = [...new Set(people.map(({ personId }) => personId))].slice(0, PERSONS_MAX);
      const names = await actorNames(primary, ids);
      return people.flatMap((person): DevelopmentPerson[] => {
        const displayName = names.get(person.personId);
        return displayName === undefined ? [] : [{ ...person, displayName }];
      });
    },
  };
}
