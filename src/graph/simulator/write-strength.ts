import { type GraphAnswer, odataError } from './graph-answer.js';
import { type GraphObject, isGraphObject, textOf } from './graph-value.js';
import type { WriteContext } from './write-context.js';

const STRENGTHS = 'policies/authenticationStrengthPolicies';

/** The fields of a conditional access policy with the authentication strength that they name by its id. */
export function withStrength(
  { state }: WriteContext,
  fields: GraphObject,
): { readonly fields: GraphObject } | { readonly refused: GraphAnswer } {
  const { grantControls } = fields;
  const strength = isGraphObject(grantControls) ? grantControls.authenticationStrength : null;
  if (!isGraphObject(grantControls) || !isGraphObject(strength)) return { fields };
  const found = state.get(STRENGTHS, textOf(strength, 'id') ?? '');
  if (!found)
    return { refused: odataError(400, 'BadRequest', 'The authentication strength does not exist.') };
  return { fields: { ...fields, grantControls: { ...grantControls, authenticationStrength: found } } };
}
