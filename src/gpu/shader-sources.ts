/**
 * The text of every kernel under shaders/, with its `//#include "folder/name"` lines replaced by that file's text.
 * Each file is included at most once in a module, so helpers may include helpers.
 */
const files = import.meta.glob<string>('../../shaders/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

const byName = new Map(
  Object.entries(files).map(([path, text]) => [path.replace('../../shaders/', '').replace('.wgsl', ''), text]),
);

/** Names of all shader files, 'folder/name'. */
export function shaderNames(): string[] {
  return [...byName.keys()].sort();
}

/** The complete source of one shader module. */
export function shaderSource(name: string): string {
  return expand(name, new Set());
}

function expand(name: string, seen: Set<string>): string {
  const text = byName.get(name);
  if (text === undefined) throw new Error(`bug: there is no shader shaders/${name}.wgsl`);
  seen.add(name);
  return text.replace(/^\/\/#include "(.+)"$/gm, (_, included: string) =>
    seen.has(included) ? '' : expand(included, seen),
  );
}
