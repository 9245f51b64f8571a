import { RunFailure } from './run-failure.js';

/** An attempt took longer than the time that its type allows for an attempt. */
export class RunBudgetSpent extends RunFailure {
  constructor(budgetMs: number) {
    super('budget_exceeded', tookLongerThan(budgetMs));
  }
}

/** An item took longer than the time that the run's type allows for an item. */
export class ItemBudgetSpent extends RunFailure {
  constructor(budgetMs: number) {
    super('item_budget_exceeded', tookLongerThan(budgetMs));
  }
}

function tookLongerThan(budgetMs: number): string {
  const seconds = Math.max(1, Math.round(budgetMs / 1_000));
  if (seconds < 120) return `It took longer than ${seconds} s.`;
  return `It took longer than ${Math.round(seconds / 60)} minutes.`;
}
