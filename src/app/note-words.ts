/** Words of what is said in passing: deeds that can be undone, files that were dropped, places that are not there. */
import type { Deed } from '../store/toasts';

export const place = {
  notFound: 'There is nothing at this address',
  notFoundText: (path: string) =>
    `“${path}” is not a screen of the studio. The link may be mistyped, or of another version.`,
  toLibrary: 'Open the library',
  loading: 'Loading the screen…',
  notLoaded: 'This screen could not be loaded. Check the connection, then try again; what is stored here is safe.',
};

const deeds: { readonly [Kind in Deed['kind']]: (deed: Extract<Deed, { kind: Kind }>) => string } = {
  'model-removed': ({ name }) => `${name} is deleted.`,
  'run-removed': ({ name }) => `The run of ${name} is deleted.`,
  'row-removed': ({ row }) => `Row ${row + 1} is deleted.`,
  paper: ({ title, row }) => `${title} is row ${row + 1} now.`,
  'rows-added': ({ rows, behind }) =>
    rows === 1 ? `A row was added behind row ${behind + 1}.` : `${rows} rows were added behind row ${behind + 1}.`,
  preset: () => 'The preset took the place of the rows.',
  'recipe-replaced': ({ by }) => `The recipe of the ${by} took the place of yours.`,
  'data-added': ({ file, model }) => `${file} lies beside ${model} now and calibrates it.`,
};

export const notes = {
  deed: (deed: Deed) => (deeds[deed.kind] as (deed: Deed) => string)(deed),
  undo: 'Undo',
  undoOf: (deed: string) => `Undo: ${deed}`,
};
