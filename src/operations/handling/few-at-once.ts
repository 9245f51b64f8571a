/**
 * Does work on every item in order, on at most `atOnce` items at the same time. After the first error no other item
 * is begun, and the error is thrown when the work under way has ended.
 */
export async function fewAtOnce<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const errors: unknown[] = [];
  const workOff = async () => {
    for (let next = rest.next(); !next.done && errors.length === 0; next = rest.next()) {
      try {
        await work(next.value);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, workOff));
  if (errors.length > 0) throw errors[0];
}
