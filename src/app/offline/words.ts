/** The words of a new version. */
export const offline = {
  ready: 'A new version of the studio is ready.',
  use: 'Use it now',
  later: 'Later',
  hint: 'The page loads anew; what is stored stays.',
};
