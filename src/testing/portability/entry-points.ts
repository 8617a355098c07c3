/** The entry points of a shader: none for files that are only included. */
import { shaderSource } from '../../gpu/shader-sources';

export function entryPoints(shader: string): string[] {
  const source = shaderSource(shader).replace(/\/\/.*$/gm, '');
  return [...source.matchAll(/@compute\b[^{]*?\bfn\s+(\w+)/g)].map(([, name]) => name);
}
