import type { DeclaredRoute } from './route-access.js';

/** The methods that the routes take at a path, sorted; none if no route has this path. */
export function allowedMethods(routes: readonly DeclaredRoute[], path: string): readonly string[] {
  const given = path.split('/');
  const matches = ({ url }: DeclaredRoute) => {
    const parts = url.split('/');
    return (
      parts.length === given.length &&
      parts.every((part, at) => (part.startsWith(':') ? given[at] !== '' : part === given[at]))
    );
  };
  const methods = routes.filter(matches).flatMap(({ method }) => method.split(','));
  return [...new Set(methods)].sort();
}
