/**
 * Names and numbers inside error sentences. Names come from hostile files: they may be megabytes long or hold characters
 * that reorder or hide the rest of the sentence.
 */
const LONGEST_NAME = 80;

/** A file's, tensor's or key's name in quotes: at most 80 characters, control and format characters made visible. */
export function quoted(name: string): string {
  const cut = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
  return `"${cut.replace(/\p{C}/gu, '\ufffd')}"`;
}

/** A whole number with thousands separators: 1,912,602,624. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** The first three names of a list, in quotes, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(quoted).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** A shape as [4096, 11008]; of more than eight dimensions the first eight. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', …' : ''}]`;
}
