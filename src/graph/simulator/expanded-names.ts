/** The outermost names of an `$expand`, without casts: `a($expand=b),microsoft.graph.type/c` names `a` and `c`. */
export function expandedNames(text: string): readonly string[] {
  let depth = 0;
  let name = '';
  const names: string[] = [];
  for (const character of `${text},`) {
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === ',' && depth === 0) {
      if (name.trim() !== '') names.push(name.trim());
      name = '';
    } else if (depth === 0) name += character;
  }
  return names.map((path) => path.split('/').at(-1) ?? '');
}
