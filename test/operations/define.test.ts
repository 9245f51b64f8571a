import path from 'node:path';
import ts from '@typescript/typescript6';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';

const FIXTURE = path.join(packageRoot, 'test/operations/foreign-words.fixture.ts');

t.test('a definition with codes, events or links of another type does not compile', async (t) => {
  const problems = problemsIn(`
    import { z } from 'zod';
    import { defineOperation } from '../../src/operations/define.js';
    const meaning = { retryable: false, meaning: 'It.', advice: 'Do.' } as const;
    ${definition('own', { failure: 'own_failure', refusal: 'own_refusal' })}
    ${definition('common', { failure: 'unexpected', refusal: 'invalid_input' })}
    ${definition('foreignFailure', { failure: 'foreign_failure', refusal: 'own_refusal' })}
    ${definition('refusalAsFailure', { failure: 'own_refusal', refusal: 'own_refusal' })}
    ${definition('foreignRefusal', { failure: 'own_failure', refusal: 'foreign_refusal' })}`);
  t.match(
    problems,
    [/"foreign_failure"/, /"own_refusal"/, /"foreign_refusal"/],
    'its own and the common ones do; a refusal of a start is no failure of a run',
  );
  t.equal(problems.length, 3);
});

/** An operation type whose handler fails, and whose plan refuses, with these codes. */
function definition(name: string, codes: { readonly failure: string; readonly refusal: string }): string {
  return `
    export const ${name} = defineOperation({
      type: 'test.words',
      label: 'Words',
      description: 'Words.',
      itemisedBy: 'word',
      input: z.strictObject({}),
      scope: z.strictObject({}),
      context: z.strictObject({}),
      reasonCodes: {
        own_failure: { kind: 'failure', ...meaning },
        own_refusal: { kind: 'refusal', ...meaning },
      },
      async plan() {
        return { refusal: { code: '${codes.refusal}', message: '' } };
      },
      async handle(run) {
        throw run.failure('${codes.failure}', 'It failed.');
      },
    });`;
}

/** The compiler's errors for a text as a file of the project, one line each. */
function problemsIn(text: string): readonly string[] {
  const options = optionsOf(path.join(packageRoot, 'tsconfig.json'));
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([FIXTURE], options, {
    ...host,
    fileExists: (file) => file === FIXTURE || host.fileExists(file),
    getSourceFile: (file, languageVersion) =>
      file === FIXTURE
        ? ts.createSourceFile(file, text, languageVersion)
        : host.getSourceFile(file, languageVersion),
  });
  return program
    .getSemanticDiagnostics(program.getSourceFile(FIXTURE))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

function optionsOf(file: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, path.dirname(file));
  return { ...options, noEmit: true, incremental: false, skipLibCheck: true };
}
