import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import { ItemBudgetSpent } from '../budgets.js';

/** Whether an error of reading a policy type ends only the reading of that type, so that the run goes on with the others. */
export const endsOneType = (error: unknown): error is GraphError | ItemBudgetSpent =>
  (error instanceof GraphError || error instanceof ItemBudgetSpent) && !concernsEveryCall(error);
