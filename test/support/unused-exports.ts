import ts from '@typescript/typescript6';

/**
 * Functions, classes and constants that a file exports although no other file names them, as `file: name`. `own` are
 * the files that are checked; `others` may also use their exports: tests, benchmarks, templates.
 */
export function unusedExports(
  own: readonly string[],
  others: readonly string[],
  text: (file: string) => string,
): readonly string[] {
  const usersOf = new Map<string, Set<string>>();
  for (const file of [...own, ...others])
    for (const [word] of text(file).matchAll(/[A-Za-z_$][\w$]*/g))
      usersOf.set(word, (usersOf.get(word) ?? new Set()).add(file));
  return own.flatMap((file) =>
    exportedValues(file, text(file))
      .filter((name) => [...(usersOf.get(name) ?? [])].every((user) => user === file))
      .map((name) => `${file}: ${name}`),
  );
}

function exportedValues(file: string, text: string): readonly string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
      return statement.name?.text ?? [];
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations.flatMap(({ name }) => namesIn(name));
  });
}

const namesIn = (name: ts.BindingName): readonly string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesIn(element.name) : []));
