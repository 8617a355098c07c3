/** Words of what is said in passing: deeds that can be undone, files that were dropped, places that are not there. */

export const place = {
  notFound: 'There is nothing at this address',
  notFoundText: (path: string) =>
    `“${path}” is not a screen of the studio. The link may be mistyped, or of another version.`,
  toLibrary: 'Open the library',
  loading: 'Loading the screen…',
  notLoaded: 'This screen could not be loaded. Check the connection, then try again; what is stored here is safe.',
};
