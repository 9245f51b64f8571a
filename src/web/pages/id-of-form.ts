import { v5 as uuidv5 } from 'uuid';

/**
 * The id of what a form makes. A form that is sent twice gives the same id and so makes it once; the tenant in it keeps
 * the ids of tenants apart.
 */
export const idOfForm = (formId: string, tenantId: string): string => uuidv5(formId, tenantId);
