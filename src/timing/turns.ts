/** Runs work of this process one after another for each name; different names don't wait for each other. */
export interface Turns {
  /** Does the work when all earlier work under the name has ended or failed. Errors: those of the work. */
  inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

export function createTurns(): Turns {
  const lastByName = new Map<string, Promise<unknown>>();
  return {
    async inTurn(name, work) {
      const before = lastByName.get(name);
      const current = (async () => {
        await before?.catch(() => undefined);
        return work();
      })();
      lastByName.set(name, current);
      try {
        return await current;
      } finally {
        if (lastByName.get(name) === current) lastByName.delete(name);
      }
    },
  };
}
