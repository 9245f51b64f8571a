/** A value's place in a list, needed to remove the value again. */
export interface ListNode<T> {
  readonly value: T;
}

export interface LinkedList<T> {
  size(): number;
  first(): T | undefined;
  last(): T | undefined;
  /** Adds a value at the end. */
  append(value: T): ListNode<T>;
  /** Inserts a value before the first one for which `isLater` is true, or at the end. */
  insertBefore(isLater: (value: T) => boolean, value: T): ListNode<T>;
  /** Removes a node from this list; false when it was removed before. */
  remove(node: ListNode<T>): boolean;
}

interface Link<T> extends ListNode<T> {
  previous: Link<T> | undefined;
  next: Link<T> | undefined;
  listed: boolean;
}

/**
 * A list that removes any element in constant time. Set and Map also keep the order of insertion, but finding their
 * first key skips all deleted slots before it, so emptying a Set of a million elements from its front is quadratic.
 */
export function createLinkedList<T>(): LinkedList<T> {
  let head: Link<T> | undefined;
  let tail: Link<T> | undefined;
  let size = 0;

  function insert(value: T, next: Link<T> | undefined): Link<T> {
    const previous = next === undefined ? tail : next.previous;
    const link: Link<T> = { value, previous, next, listed: true };
    if (previous === undefined) head = link;
    else previous.next = link;
    if (next === undefined) tail = link;
    else next.previous = link;
    size += 1;
    return link;
  }

  return {
    size: () => size,
    first: () => head?.value,
    last: () => tail?.value,
    append: (value) => insert(value, undefined),
    insertBefore(isLater, value) {
      let link = head;
      while (link !== undefined && !isLater(link.value)) link = link.next;
      return insert(value, link);
    },
    remove(node) {
      const link = node as Link<T>;
      if (!link.listed) return false;
      if (link.previous === undefined) head = link.next;
      else link.previous.next = link.next;
      if (link.next === undefined) tail = link.previous;
      else link.next.previous = link.previous;
      link.previous = undefined;
      link.next = undefined;
      link.listed = false;
      size -= 1;
      return true;
    },
  };
}
